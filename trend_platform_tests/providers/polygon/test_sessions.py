"""Bars of the extended day made candles of the regular session."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import as_candles
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.polygon.sessions import asked_timeframe, in_sessions

NYSE = get_calendar("XNYS")


def _bars(first: datetime, count: int) -> pl.DataFrame:
    rows = [
        {
            "instrument_id": 1,
            "timeframe": "30m",
            "opened_at": first + timedelta(minutes=30 * number),
            "open": 100.0 + number,
            "high": 110.0 + number,
            "low": 90.0 - number,
            "close": 101.0 + number,
            "volume": 10.0 * (number + 1),
            "vwap": 100.0 + number,
            "trade_count": 5,
            "provider": "polygon",
            "basis": "raw",
            "is_final": True,
            "fetched_at": first,
        }
        for number in range(count)
    ]
    return as_candles(
        pl.DataFrame(rows).cast({"opened_at": pl.Datetime("us", "UTC"), "fetched_at": pl.Datetime("us", "UTC")})
    )


@pytest.mark.parametrize(
    ("day", "opens"), [(datetime(2024, 7, 2, 8, tzinfo=UTC), "13:30"), (datetime(2024, 12, 3, 9, tzinfo=UTC), "14:30")]
)
@pytest.mark.parametrize("timeframe", [Timeframe.H1, Timeframe.H4, Timeframe.H12])
def test_hours_begin_with_the_session_in_summer_and_winter(timeframe: Timeframe, day: datetime, opens: str) -> None:
    candles = in_sessions(_bars(day, 32), timeframe, NYSE)
    expected = NYSE.candle_opens(timeframe, Interval(day, day + timedelta(days=1)))
    assert candles["opened_at"].cast(pl.Int64).to_list() == expected.tolist()
    assert candles["opened_at"][0].strftime("%H:%M") == opens
    assert candles["timeframe"].unique().to_list() == [timeframe.value]


def test_an_hour_is_the_sum_of_its_halves() -> None:
    first = datetime(2024, 7, 2, 13, 30, tzinfo=UTC)
    hour = in_sessions(_bars(first, 2), Timeframe.H1, NYSE).row(0, named=True)
    assert (hour["open"], hour["high"], hour["low"], hour["close"]) == (100.0, 111.0, 89.0, 102.0)
    assert (hour["volume"], hour["trade_count"]) == (30.0, 10)
    assert hour["vwap"] == pytest.approx((100 * 10 + 101 * 20) / 30)


def test_an_hour_with_a_forming_half_is_forming() -> None:
    bars = _bars(datetime(2024, 7, 2, 13, 30, tzinfo=UTC), 2).with_columns(is_final=pl.Series([True, False]))
    assert in_sessions(bars, Timeframe.H1, NYSE)["is_final"].to_list() == [False]


def test_a_half_day_ends_at_one() -> None:
    candles = in_sessions(_bars(datetime(2024, 7, 3, 8, tzinfo=UTC), 32), Timeframe.M30, NYSE)
    assert candles["opened_at"][-1] == datetime(2024, 7, 3, 16, 30, tzinfo=UTC)


def test_crypto_hours_are_left_as_they_are() -> None:
    assert asked_timeframe(Timeframe.H1, get_calendar("24/7")) is Timeframe.H1
    bars = _bars(datetime(2024, 7, 6, tzinfo=UTC), 48)
    assert in_sessions(bars, Timeframe.M30, get_calendar("24/7")).equals(bars)


def test_nothing_stays_nothing() -> None:
    assert in_sessions(_bars(datetime(2024, 7, 2, tzinfo=UTC), 1).clear(), Timeframe.H1, NYSE).height == 0
