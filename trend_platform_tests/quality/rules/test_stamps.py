"""Rules about whose candle it is and when: calendars, lifetimes, the future, and what was asked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.prepared import on_calendar
from trend_platform_tests.quality.walks import AAPL, BTC, EUR, NOW, judged, planted, rules, struck, walk


def moved(row: int, opened_at: datetime, **values: object) -> pl.DataFrame:
    return planted(walk(), row, opened_at=opened_at, **values)


@pytest.mark.parametrize(
    ("what", "stamp"),
    [
        ("a Saturday", datetime(2024, 1, 6, tzinfo=UTC)),
        ("a holiday", datetime(2024, 1, 15, tzinfo=UTC)),
        ("midnight of New York", datetime(2024, 1, 9, 5, tzinfo=UTC)),
        ("before any calendar", datetime(1900, 1, 2, tzinfo=UTC)),
    ],
)
def test_a_stamp_where_no_candle_opens_is_off_the_calendar(what: str, stamp: datetime) -> None:
    verdict = judged(moved(0, stamp))
    assert rules(verdict) == {"off_calendar": 1}, what
    assert "calendar XNYS" in verdict.rejected["reason"][0]


def test_a_stamp_that_is_missing_is_off_the_calendar() -> None:
    verdict = judged(planted(walk(), 3, opened_at=None))
    assert rules(verdict) == {"off_calendar": 1}
    assert verdict.rejected["opened_at"][0] is None


def test_each_instrument_is_held_to_its_own_calendar() -> None:
    sunday = datetime(2024, 1, 7, tzinfo=UTC)
    both = pl.concat([moved(0, sunday), walk(BTC)])
    assert struck(judged(both)) == [("2024-01-07", "off_calendar")]
    assert judged(both).rejected["instrument_id"].to_list() == [AAPL.instrument_id]


def test_on_a_half_day_the_minute_of_the_close_is_off_and_the_one_before_is_on() -> None:
    calendar = get_calendar("XNYS")
    stamps = np.array([to_us(datetime(2024, 7, 3, 16, minute, tzinfo=UTC) + timedelta(hours=1)) for minute in (0, 1)])
    last = np.array([to_us(datetime(2024, 7, 3, 16, 59, tzinfo=UTC))])
    assert not on_calendar(calendar, Timeframe.M1, stamps).any()
    assert on_calendar(calendar, Timeframe.M1, last).all()


@pytest.mark.parametrize("venue", ["XNYS", "XTKS", "24/5", "24/7"])
@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_on_the_calendar_is_exactly_what_the_calendar_lays_out(venue: str, timeframe: Timeframe) -> None:
    calendar = get_calendar(venue)
    interval = Interval(datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 20, tzinfo=UTC))
    minutes = np.arange(to_us(interval.start), to_us(interval.end), 60_000_000)
    stamps = np.concatenate((minutes, minutes + 1))
    opens = calendar.candle_opens(timeframe, interval)
    assert np.array_equal(stamps[on_calendar(calendar, timeframe, stamps)], opens)


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=5), st.sampled_from(list(Timeframe)))
def test_no_stamp_is_too_odd_to_be_looked_up(stamps: list[int], timeframe: Timeframe) -> None:
    assert len(on_calendar(get_calendar("XNYS"), timeframe, np.array(stamps))) == len(stamps)


def test_what_has_not_begun_is_from_the_future() -> None:
    now = datetime(2024, 3, 1, 20, tzinfo=UTC)
    verdict = judged(walk(count=60), now=now)
    assert set(rules(verdict)) == {"future_stamp"}
    assert verdict.accepted["opened_at"].max() == datetime(2024, 3, 1, tzinfo=UTC)


def test_todays_candle_is_no_future_before_the_open() -> None:
    now = datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert judged(walk(count=60), now=now).accepted["opened_at"].max() == datetime(2024, 3, 1, tzinfo=UTC)


def test_a_venue_east_of_greenwich_opens_before_its_date_begins_in_utc() -> None:
    sydney = Instrument(7, "CBA", AssetClass.STOCK, "XASX", listed_on=date(2024, 2, 5))
    candles = walk(sydney, count=30, first=date(2024, 2, 5))
    verdict = judged(candles, instruments=[sydney], now=datetime(2024, 2, 8, 23, 30, tzinfo=UTC))
    assert verdict.accepted["opened_at"].max() == datetime(2024, 2, 9, tzinfo=UTC)
    hours = walk(sydney, count=10, first=date(2024, 2, 4), timeframe=Timeframe.H1)
    assert hours["opened_at"].min() == datetime(2024, 2, 4, 23, tzinfo=UTC)
    assert judged(hours, instruments=[sydney], timeframe=Timeframe.H1).rejected.is_empty()


def test_candles_before_the_listing_and_after_the_delisting_are_out_of_the_lifetime() -> None:
    short = replace(AAPL, listed_on=date(2024, 1, 4), delisted_on=date(2024, 3, 25))
    verdict = judged(walk(count=60), instruments=[short])
    days = ["2024-01-02", "2024-01-03", "2024-03-25", "2024-03-26", "2024-03-27"]
    assert struck(verdict) == [(day, "out_of_lifetime") for day in days]
    assert "from 2024-01-04 00:00:00 UTC until before 2024-03-25" in verdict.rejected["reason"][0]


@pytest.mark.parametrize("timeframe", [Timeframe.W1, Timeframe.MO1])
def test_the_week_and_month_of_the_listing_are_in_the_lifetime(timeframe: Timeframe) -> None:
    listed = replace(AAPL, listed_on=date(2024, 1, 17))
    candles = walk(count=4, first=date(2024, 1, 1), timeframe=timeframe)
    verdict = judged(candles, instruments=[listed], timeframe=timeframe)
    assert verdict.accepted["opened_at"].min() == (
        datetime(2024, 1, 15, tzinfo=UTC) if timeframe is Timeframe.W1 else datetime(2024, 1, 1, tzinfo=UTC)
    )


def test_another_timeframe_or_instrument_was_not_asked_for() -> None:
    hours = planted(walk(), 4, timeframe="1h")
    assert rules(judged(hours)) == {"not_asked": 1}
    (reason,) = judged(hours).rejected["reason"]
    assert reason == "a 1h candle of instrument 1 was not asked for"
    assert rules(judged(pl.concat([walk(), walk(EUR)]), instruments=[AAPL])) == {"not_asked": 60}


def test_intraday_candles_are_on_the_calendar_too() -> None:
    hours = walk(timeframe=Timeframe.H1, first=date(2024, 3, 7), count=40)
    assert judged(hours, timeframe=Timeframe.H1, now=NOW).rejected.is_empty()
    late = planted(hours, 3, opened_at=pl.col("opened_at") + timedelta(minutes=1))
    assert rules(judged(late, timeframe=Timeframe.H1)) == {"off_calendar": 1}
