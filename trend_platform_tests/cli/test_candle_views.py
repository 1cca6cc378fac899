"""Candles as known on a day, in fewer points, and drawn."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.timeframes import Timeframe
from trend_platform_tests.cli.conftest import NOW, Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession

SINCE = ("candles", "show", "AAPL", "--start", "2026-02-01")


@pytest.fixture(autouse=True)
def stored(trend: Trend) -> None:
    assert trend("backfill", "1Y", "AAPL")[0] == 0


def correct_last_close(session: GivenSession) -> datetime:
    """Store another close for the last final candle, as a provider that changes its mind would; return when."""
    market = session.whole.storage.market
    last = market.recent([1], Timeframe.D1, NOW, 1)
    at = NOW + timedelta(hours=8)
    with market.begin(run_id=7) as transaction:
        new = last.with_columns(pl.col("close") * 0.999, pl.lit(at).cast(last.schema["fetched_at"]).alias("fetched_at"))
        transaction.upsert(new.with_columns(pl.lit(value=True).alias("is_final")))
    return at


def test_candles_are_shown_as_they_were_known(trend: Trend, session: GivenSession) -> None:
    before = answer_of(trend(*SINCE, "--json"))
    at = correct_last_close(session)
    now = answer_of(trend(*SINCE, "--json"))
    then = answer_of(trend(*SINCE, "--known-at", f"{at - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}", "--json"))
    assert then["candles"] == before["candles"] != now["candles"]
    assert (now["known_at"], then["known_at"][:10]) == ("", f"{at:%Y-%m-%d}")


def test_before_anything_was_stored_nothing_was_known(trend: Trend) -> None:
    code, out, _ = trend(*SINCE, "--known-at", "2026-03-01")
    assert code == 0
    assert "as known on 2026-03-01 00:00, UTC" in out
    assert "No candles were, as of 2026-03-01 00:00 UTC, stored in" in out


def test_a_time_that_cannot_be_read_is_usage(trend: Trend) -> None:
    code, _, err = trend(*SINCE, "--known-at", "yesterday")
    assert code == 2
    assert "--known-at 'yesterday' is no time" in err


def test_fewer_points_are_chosen_for_any_format_and_told(trend: Trend, tmp_path: Path) -> None:
    answer = answer_of(trend(*SINCE, "--points", "7", "--json"))
    everything = answer_of(trend(*SINCE, "--json"))
    assert (len(answer["candles"]), answer["stored"]) == (7, len(everything["candles"]))
    assert all(one in everything["candles"] for one in answer["candles"])
    file = tmp_path / "few.parquet"
    _, _, err = trend(*SINCE, "--points", "7", "--output", str(file))
    assert pl.read_parquet(file).height == 7
    assert f"7 points chosen from {answer['stored']} candles" in err


def test_too_few_points_are_usage(trend: Trend) -> None:
    assert trend(*SINCE, "--points", "2")[0] == 2


@pytest.mark.parametrize("start", ["2026-02-01", "2025-04-01"], ids=["candles", "closes"])
def test_a_chart_is_drawn_without_escape_sequences_into_a_pipe(trend: Trend, start: str) -> None:
    code, out, _ = trend("candles", "show", "AAPL", "--start", start, "--chart")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].strip() == "AAPL 1d, as stored, UTC"
    assert "2026-03-04" in out
    assert max(map(len, lines[:22])) <= 220
    assert "\x1b" not in out
    assert "SIMULATED PRICES" in out


def test_a_chart_of_nothing_says_so(trend: Trend) -> None:
    code, out, _ = trend("candles", "show", "MSFT", "--chart")
    assert code == 0
    assert "`trend explain MSFT 1d TIME` tells why" in out


def test_a_chart_and_a_file_contradict_each_other(trend: Trend, tmp_path: Path) -> None:
    code, _, err = trend(*SINCE, "--chart", "--output", str(tmp_path / "a.csv"))
    assert code == 2
    assert "--chart draws on the terminal, and csv was asked for as well" in err


def test_what_was_known_can_be_drawn_and_adjusted(trend: Trend) -> None:
    then = f"{NOW + timedelta(days=1):%Y-%m-%d}"
    code, out, _ = trend(*SINCE, "--chart", "--known-at", then, "--adjust", "all")
    assert code == 0
    assert "adjusted for splits and dividends, as known on" in out
