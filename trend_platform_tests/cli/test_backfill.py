import polars as pl
import pytest

from trend_platform.cli.outcome_report import recorded_outcome
from trend_platform.settings import FaultSettings
from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session

# Told by the verb beside the outcome, and no part of the run's record.
NOT_RECORDED = {"series_written", "series_skipped", "unplaced"}


def test_a_backfill_shows_its_account_and_says_that_prices_are_simulated(trend: Trend) -> None:
    code, out, err = trend("backfill", "1M", "AAPL")
    assert code == 0
    assert "Run 1: backfill of 1M as of 2026-03-04" in out
    assert "SIMULATED PRICES" in out
    assert "Complete: every expected candle is stored" in out
    assert "backfill: 1 of 1 call, " in err


def test_a_backfill_as_json_is_the_outcome_and_adds_up(trend: Trend) -> None:
    answer = answer_of(trend("backfill", "1M,3M", "--json"))
    assert answer["ranges"] == ["1M", "3M"]
    assert answer["prices"] == "simulated"
    parts = ("inserted", "corrected", "completed", "unchanged", "rejected")
    assert answer["received"] == sum(answer[part] for part in parts)
    assert answer["expected"] == answer["stored"] + answer["explained_missing"] + answer["unexplained_missing"]
    assert answer["series_written"] == 6
    assert [one["symbol"] for one in answer["series"]] == ["AAPL", "BTC-USD", "MSFT"]


def test_nothing_but_json_is_on_stdout_and_nothing_at_all_on_stderr(trend: Trend) -> None:
    _, out, err = trend("backfill", "7D", "--json")
    assert out.startswith("{")
    assert err == ""


def test_an_unexplained_hole_is_exit_code_3_with_its_evidence(trend: Trend) -> None:
    holed = simulated_session(FaultSettings(kind="hole", symbol="AAPL", start="2026-02-17", end="2026-02-19"))
    code, out, _ = trend("backfill", "1M", on=holed)
    assert code == 3
    assert "2 expected candles are missing without an explanation" in out
    assert "2026-02-17" in out
    assert "answered without these candles" in out


def test_an_unexplained_hole_is_exit_code_3_for_machines_as_well(trend: Trend) -> None:
    holed = simulated_session(FaultSettings(kind="hole", symbol="AAPL", start="2026-02-17", end="2026-02-19"))
    answer = answer_of(trend("backfill", "1M", "--json", on=holed), code=3)
    assert answer["missing"] == {"unknown": 2}


def test_a_provider_that_fails_is_in_the_account_and_no_error(trend: Trend) -> None:
    failing = simulated_session(FaultSettings(kind="http_500", symbol="MSFT"))
    code, out, _ = trend("backfill", "1M", on=failing)
    assert code == 3
    assert "Not served" in out
    assert "Transient" in out
    assert "nobody" in out


def test_symbols_may_be_written_with_commas(trend: Trend) -> None:
    answer = answer_of(trend("backfill", "7D", "aapl,msft", "--json"))
    assert [one["symbol"] for one in answer["series"]] == ["AAPL", "MSFT"]


def test_as_of_is_the_last_day_of_the_ranges(trend: Trend) -> None:
    answer = answer_of(trend("backfill", "7D", "AAPL", "--as-of", "2025-12-31", "--json"))
    assert answer["as_of"] == "2025-12-31"
    shown = answer_of(trend("candles", "show", "AAPL", "--start", "2025-01-01", "--json"))
    assert max(one["opened_at"] for one in shown["candles"]) == "2025-12-31T00:00:00Z"


def test_rows_set_aside_are_pointed_to_and_shown(trend: Trend) -> None:
    odd = simulated_session(FaultSettings(kind="close_above_high", symbol="AAPL", start="2026-02-17", end="2026-02-18"))
    _, out, _ = trend("backfill", "1M", on=odd)
    assert "1 row was set aside; see `trend quarantine list`" in out
    answer = answer_of(trend("quarantine", "list", "--json", on=odd))
    assert answer["rows"] == 1
    assert answer["shown"][0]["symbol"] == "AAPL"
    code, out, _ = trend("quarantine", "list", on=odd)
    assert (code, "1 row is set aside" in out) == (0, True)


@pytest.mark.parametrize("arguments", [["backfill"], ["backfill", "1Y", "--as-of"], ["backfill", "1Y", "5Y"]])
def test_what_does_not_fit_is_usage(trend: Trend, arguments: list[str]) -> None:
    code, out, err = trend(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("trend: ")


def test_the_record_of_a_run_is_shown_in_the_same_words(trend: Trend) -> None:
    holed = simulated_session()
    answer = answer_of(trend("backfill", "1M", "--json", on=holed))
    (record,) = holed.whole.storage.runs.latest(1)
    recorded = recorded_outcome(record)
    assert recorded == {key: value for key, value in answer.items() if key not in NOT_RECORDED}
    assert pl.DataFrame(recorded["series"]).height == 3
