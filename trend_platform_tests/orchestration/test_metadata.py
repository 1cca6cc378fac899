from datetime import date

import dagster as dg

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import Range
from trend_platform.orchestration.metadata import link, outcome_metadata, range_metadata, verdict
from trend_platform_tests.orchestration.builders import account, gap, outcome, real

DOCS = dg.MetadataValue.text("docs/x.md")
DAY = date(2026, 11, 18)


def test_simulated_prices_are_said_loudly_and_real_ones_plainly() -> None:
    made_up = outcome(account("AAPL", 5))
    assert "SIMULATED" in str(outcome_metadata(made_up, [Range.D7], "r1", DOCS)["prices"].value)
    assert outcome_metadata(real(made_up), [Range.D7], "r1", DOCS)["prices"].value == "real prices"


def test_metadata_leads_back_to_both_runs() -> None:
    shown = outcome_metadata(outcome(account("AAPL", 5)), [Range.D7], "r1", DOCS)
    assert shown["ingest run"].value == 7
    assert shown["run"] == dg.MetadataValue.dagster_run("r1")


def test_a_complete_account_says_so() -> None:
    assert verdict([account("AAPL", 5)]) == "5 of 5 expected candles of 1 series are stored; nothing is unexplained"


def test_an_explained_hole_is_told_apart_from_an_open_one() -> None:
    text = verdict([account("AAPL", 5, gap(DAY, DAY, 1, GapReason.NO_TRADES)), account("MSFT", 5, gap(DAY, DAY, 2))])
    assert text == (
        "7 of 10 expected candles of 2 series are stored, 1 missing for a known reason, 2 missing unexplained (MSFT): "
        "see the holes; the next run asks for them again once their check is due"
    )


def test_missing_candles_are_counted_by_reason() -> None:
    made_up = outcome(account("AAPL", 5, gap(DAY, DAY, 1, GapReason.NO_TRADES)), account("MSFT", 5, gap(DAY, DAY, 2)))
    table = str(outcome_metadata(made_up, [Range.D7], "r1", DOCS)["missing by reason"].value)
    assert "| unknown | 2 |\n| no_trades | 1 |" in table


def test_what_did_not_happen_takes_no_room() -> None:
    shown = outcome_metadata(outcome(account("AAPL", 5)), [Range.D7], "r1", DOCS)
    assert "warnings by rule" not in shown
    assert "replaced candles" not in shown


def test_each_range_has_its_own_counts() -> None:
    shown = range_metadata([account("AAPL", 5), account("MSFT", 5, gap(DAY, DAY, 2))])
    assert {name: value.value for name, value in shown.items() if name != "verdict"} == {
        "dagster/partition_row_count": 8,
        "expected": 10,
        "stored": 8,
        "explained missing": 0,
        "unexplained missing": 2,
    }


def test_docs_become_a_link_where_they_are_published() -> None:
    published = dg.MetadataValue.url("https://docs.example/docs/x.md")
    assert link("https://docs.example", "docs/x.md") == link("https://docs.example/", "docs/x.md") == published
    assert link("", "docs/x.md") == DOCS
