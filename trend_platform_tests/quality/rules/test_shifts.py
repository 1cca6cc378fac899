"""The rule about series that are stamped late or early as a whole, each fault planted, with its clean control."""

from datetime import date, timedelta

import polars as pl
import pytest

from trend_platform.domain.timeframes import Timeframe
from trend_platform_tests.quality.walks import AAPL, BTC, MSFT, judged, planted, rules, walk


def late(candles: pl.DataFrame, by: timedelta) -> pl.DataFrame:
    return candles.with_columns(pl.col("opened_at") + by)


@pytest.mark.parametrize("days", [1, -1])
def test_sessions_stamped_on_the_day_beside_are_set_aside_also_where_the_day_is_a_session(days: int) -> None:
    verdict = judged(late(walk(), timedelta(days=days)))
    assert rules(verdict) == {"shifted_stamp": 60}
    assert f"is moved back by {'-' if days < 0 else ''}1d (" in verdict.rejected["reason"][0]


@pytest.mark.parametrize("hours", [-5, 5, -0.5, 9])
def test_minutes_stamped_in_another_zone_are_set_aside_as_a_whole(hours: float) -> None:
    candles = walk(count=78 * 5, first=date(2024, 1, 8), timeframe=Timeframe.M5)
    verdict = judged(late(candles, timedelta(hours=hours)), timeframe=Timeframe.M5)
    assert rules(verdict) == {"shifted_stamp": candles.height}


def test_a_series_that_is_stamped_right_does_not_suffer_from_one_that_is_not() -> None:
    verdict = judged(pl.concat([late(walk(), timedelta(days=1)), walk(MSFT)]))
    assert rules(verdict) == {"shifted_stamp": 60}
    assert set(verdict.accepted["instrument_id"]) == {MSFT.instrument_id}


def test_single_rows_off_the_calendar_shift_nobody() -> None:
    saturdays = planted(walk(), [3, 8], opened_at=pl.col("opened_at") + timedelta(days=1))
    assert set(rules(judged(saturdays))) <= {"off_calendar", "conflicting_duplicate"}


@pytest.mark.parametrize("days", [1, 2])
def test_a_few_hours_before_the_open_are_no_shift(days: int) -> None:
    # Pre-market candles up to noon look like a session that is an hour and a half early.
    sessions = walk(count=78 * days, first=date(2024, 1, 8), timeframe=Timeframe.M5)
    early = late(sessions, timedelta(hours=-1.5))
    found = rules(judged(early, timeframe=Timeframe.M5))
    assert found == {"off_calendar": 18 * days}


def test_where_the_venue_never_closes_a_shift_cannot_be_seen() -> None:
    assert rules(judged(late(walk(BTC), timedelta(days=1)))) == {}


def test_a_short_answer_tells_nothing() -> None:
    assert set(rules(judged(late(walk(AAPL, count=8), timedelta(days=1))))) == {"off_calendar"}
