from datetime import date

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import Range
from trend_platform.ingest.outcome import Failure
from trend_platform.orchestration.tables import (
    SHOWN,
    failures_table,
    holes_of,
    holes_table,
    markdown,
    outcome_table,
    ranges_table,
    reasons,
)
from trend_platform_tests.orchestration.builders import TODAY, account, gap, outcome

RECENT, OLD = date(2026, 11, 18), date(2026, 9, 14)


def test_a_cell_cannot_break_its_table() -> None:
    assert markdown(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |"


def test_counts_are_grouped_by_thousands() -> None:
    assert markdown(["n"], [[1234567]]).endswith("| 1,234,567 |")


def test_unexplained_holes_come_first_then_the_larger_ones() -> None:
    accounts = [
        account("AAPL", 60, gap(OLD, OLD, 1, GapReason.NO_TRADES), gap(RECENT, RECENT, 1)),
        account("MSFT", 60, gap(OLD, RECENT, 47, GapReason.FETCH_FAILED)),
    ]
    holes = holes_of(accounts, [Range.D7, Range.M3], TODAY)
    assert [(hole.symbol, hole.gap.missing) for hole in holes] == [("MSFT", 47), ("AAPL", 1), ("AAPL", 1)]


def test_a_hole_names_the_ranges_it_shows_in() -> None:
    holes = holes_of([account("AAPL", 60, gap(OLD, OLD, 1), gap(RECENT, RECENT, 1))], [Range.D7, Range.M3], TODAY)
    assert {hole.gap.interval.start.date(): hole.ranges for hole in holes} == {
        OLD: (Range.M3,),
        RECENT: (Range.D7, Range.M3),
    }


def test_a_hole_shows_reason_belief_evidence_and_next_check() -> None:
    (hole,) = holes_of([account("AAPL", 5, gap(RECENT, RECENT, 1, GapReason.NO_TRADES, "0 rows"))], [Range.D7], TODAY)
    table = holes_table([hole])
    assert "| AAPL | 7D | 2026-11-18 | 2026-11-19 | 1 | no_trades, provisional | 1 |" in table
    assert "2026-11-21 10:00 UTC" in table
    assert "simulated: 0 rows" in table


def test_many_holes_are_cut_and_counted() -> None:
    holes = holes_of([account(f"S{n}", 5, gap(RECENT, RECENT, 1)) for n in range(SHOWN + 3)], [Range.D7], TODAY)
    assert holes_table(holes).endswith("and 3 more")


def test_nothing_missing_is_said_in_words() -> None:
    assert holes_table([]) == "no holes"
    assert failures_table([]) == "none"


def test_a_failure_shows_who_served_instead() -> None:
    table = failures_table([Failure("AAPL", "polygon", "Transient", "polygon: 500", "files")])
    assert "| AAPL | polygon | Transient | files | polygon: 500 |" in table


def test_the_outcome_table_holds_both_sums() -> None:
    table = outcome_table(outcome(account("AAPL", 10, gap(RECENT, RECENT, 1))))
    for row in ("| received | 10 |", "| inserted | 9 |", "| rejected | 1 |", "| expected | 10 |", "| stored | 9 |"):
        assert row in table


def test_the_ranges_table_tells_what_was_never_asked() -> None:
    table = ranges_table({Range.D7: [account("AAPL", 5)], Range.M1: [account("AAPL", 22, unasked=17)]})
    assert "| 7D | 1 | 5 | 5 | 0 | 0 | 0 |" in table
    assert "| 1M | 1 | 22 | 5 | 0 | 17 | 17 |" in table


def test_a_hole_in_many_ranges_names_the_shortest_whatever_the_day_of_the_year() -> None:
    in_january = date(2026, 1, 9)
    day = date(2026, 1, 8)
    (hole,) = holes_of([account("AAPL", 5, gap(day, day, 1))], [Range.D7, Range.M1, Range.YTD], in_january)
    assert hole.ranges == (Range.D7, Range.YTD, Range.M1)
    assert "| AAPL | 7D and longer |" in holes_table([hole])


def test_reasons_are_counted_without_the_explained_ones() -> None:
    accounts = [
        account("A", 9, gap(RECENT, RECENT, 1, GapReason.NO_TRADES), gap(OLD, OLD, 2)),
        account("B", 9, unasked=3),
    ]
    assert reasons(accounts) == "unknown 5"
