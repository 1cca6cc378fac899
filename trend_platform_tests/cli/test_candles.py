import io
import json
from pathlib import Path

import polars as pl
import pytest

from trend_platform_tests.cli.conftest import Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession


@pytest.fixture(autouse=True)
def stored(trend: Trend) -> None:
    assert trend("backfill", "3M", "AAPL")[0] == 0


def test_a_table_shows_the_last_month_and_says_where_prices_come_from(trend: Trend) -> None:
    code, out, _ = trend("candles", "show", "aapl")
    assert code == 0
    title, headings = out.splitlines()[:2]
    assert title == "AAPL 1d, as stored, UTC; from simulated; basis raw; all final"
    assert headings.split() == ["opened_at", "open", "high", "low", "close", "volume"]
    assert "2026-03-04" in out
    assert "2026-01-15" not in out
    assert "SIMULATED PRICES" in out


def test_json_has_a_head_and_candles_oldest_first(trend: Trend) -> None:
    answer = answer_of(trend("candles", "show", "AAPL", "--start", "2026-03-02", "--end", "2026-03-04", "--json"))
    assert {key: answer[key] for key in ("symbol", "timeframe", "adjust", "prices")} == {
        "symbol": "AAPL", "timeframe": "1d", "adjust": "raw", "prices": "simulated"
    }  # fmt: skip
    assert [one["opened_at"] for one in answer["candles"]] == ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]
    assert set(answer["candles"][0]) == {
        "opened_at", "open", "high", "low", "close", "volume", "vwap", "trade_count", "provider", "basis", "is_final",
        "fetched_at",
    }  # fmt: skip


def test_every_format_tells_the_same_prices(trend: Trend, tmp_path: Path) -> None:
    window = ("candles", "show", "AAPL", "--start", "2026-02-01")
    told = [one["close"] for one in answer_of(trend(*window, "--json"))["candles"]]
    csv = pl.read_csv(io.StringIO(trend(*window, "--format", "csv")[1]))
    assert csv["close"].to_list() == told
    file = tmp_path / "candles.parquet"
    code, out, err = trend(*window, "--output", str(file))
    assert (code, out) == (0, "")
    assert f"{len(told)} candles written to {file}" in err
    assert pl.read_parquet(file)["close"].to_list() == told


def test_split_adjusted_candles_say_so(trend: Trend) -> None:
    answer = answer_of(trend("candles", "show", "AAPL", "--adjust", "split", "--json"))
    assert {one["basis"] for one in answer["candles"]} == {"split"}


def test_a_missing_folder_is_told_before_anything_is_read(trend: Trend, tmp_path: Path) -> None:
    code, _, err = trend("candles", "show", "AAPL", "--output", str(tmp_path / "nowhere" / "a.csv"))
    assert code == 2
    assert "create it first" in err


def test_an_output_without_a_format_is_asked_for_one(trend: Trend, tmp_path: Path) -> None:
    code, _, err = trend("candles", "show", "AAPL", "--output", str(tmp_path / "a.dat"))
    assert code == 2
    assert "--format csv, json or parquet" in err


def test_json_and_another_format_contradict_each_other(trend: Trend) -> None:
    code, _, err = trend("candles", "show", "AAPL", "--json", "--format", "csv")
    assert code == 2
    assert "contradict" in json.loads(err)["error"]["message"]


def test_a_start_after_the_end_is_usage(trend: Trend) -> None:
    code, _, err = trend("candles", "show", "AAPL", "--start", "2026-03-02", "--end", "2026-03-01")
    assert code == 2
    assert "is not before --end" in err


def test_nothing_stored_says_who_can_tell_why(trend: Trend) -> None:
    code, out, _ = trend("candles", "show", "MSFT")
    assert code == 0
    assert "`trend explain MSFT 1d TIME` tells why" in out


def test_reading_opens_no_provider(trend: Trend, session: GivenSession) -> None:
    session.asked_for.clear()
    trend("candles", "show", "AAPL")
    assert session.asked_for == [(None, True)]


def test_a_stored_candle_is_explained_by_who_sent_it(trend: Trend) -> None:
    code, out, _ = trend("explain", "AAPL", "1d", "2026-03-03")
    assert code == 0
    assert "stored, final: simulated sent it" in out


def test_a_day_without_a_session_is_explained_by_the_calendar(trend: Trend) -> None:
    answer = answer_of(trend("explain", "AAPL", "1d", "2026-03-01", "--json"))
    assert (answer["candle"], answer["gap"]) == (None, None)
    assert answer["calendar"] == "XNYS holds no session on 2026-03-01"
    assert set(answer) == {
        "prices", "symbol", "timeframe", "opened_at", "verdict", "calendar", "candle", "rolled", "gap", "asked", "runs",
        "sources", "requests", "answers", "rules", "revisions", "repairs", "quarantined", "adjusted", "splits", "dividends",
    }  # fmt: skip


def test_weeks_that_are_not_rolled_up_say_what_makes_them(trend: Trend) -> None:
    assert "`trend rollup` makes 1w candles" in trend("candles", "show", "AAPL", "--timeframe", "1w")[1]
    assert "`trend rollup`" not in trend("candles", "show", "MSFT")[1]
