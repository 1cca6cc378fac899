"""Bars of the clock made candles of sessions: what lies outside is left out, what lies inside adds up."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.candles import CANDLE_SCHEMA, Basis
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.records import candle_frame
from trend_platform.providers.summing import clock_base, summed, whole_candles

NEW_YORK, ALWAYS = get_calendar("XNYS"), get_calendar("24/7")
OPEN = datetime(2026, 11, 19, 14, 30, tzinfo=UTC)
LATE = OPEN + timedelta(days=5)
HALF = timedelta(minutes=30)


def _bars(
    opens: list[datetime], timeframe: Timeframe = Timeframe.M30, calendar: TradingCalendar = NEW_YORK, **more: object
) -> pl.DataFrame:
    count = len(opens)
    columns: dict[str, object] = {
        "opened_at": opens,
        "open": [float(number) for number in range(count)],
        "high": [number + 10.0 for number in range(count)],
        "low": [number - 10.0 for number in range(count)],
        "close": [number + 0.5 for number in range(count)],
        "volume": [float(2 ** (number % 50)) for number in range(count)],
        "vwap": [float(number) for number in range(count)],
        "trade_count": [1] * count,
        **more,
    }
    frame = pl.DataFrame(columns).with_columns(pl.lit(7, dtype=pl.Int32()).alias("instrument_id"))
    return candle_frame(
        frame,
        timeframe=timeframe,
        provider="p",
        basis=Basis.RAW,
        calendar=calendar,
        settles_after=timedelta(0),
        now=LATE,
    )


def _half_hours(first: datetime, count: int) -> list[datetime]:
    return [first + number * HALF for number in range(count)]


@pytest.mark.parametrize(
    ("timeframe", "calendar", "base"),
    [
        (Timeframe.M5, NEW_YORK, Timeframe.M5),
        (Timeframe.H1, NEW_YORK, Timeframe.M30),
        (Timeframe.H4, NEW_YORK, Timeframe.M30),
        (Timeframe.H1, ALWAYS, Timeframe.H1),
        (Timeframe.H12, ALWAYS, Timeframe.H12),
        (Timeframe.D1, NEW_YORK, Timeframe.D1),
    ],
)
def test_hours_are_made_of_half_hours_where_sessions_begin_at_half_past(
    timeframe: Timeframe, calendar: TradingCalendar, base: Timeframe
) -> None:
    assert clock_base(timeframe, calendar) is base


def test_hours_begin_with_the_session_and_the_last_one_is_cut_by_its_end() -> None:
    bars = _bars(_half_hours(OPEN - 3 * HALF, 20))
    hours = summed(bars, Timeframe.H1, NEW_YORK, LATE)
    assert hours.schema == CANDLE_SCHEMA
    assert hours["opened_at"].to_list() == [OPEN + number * 2 * HALF for number in range(7)]
    first, last = hours.row(0, named=True), hours.row(-1, named=True)
    assert [first[name] for name in ("open", "high", "low", "close", "trade_count")] == [3.0, 14.0, -7.0, 4.5, 2]
    assert first["volume"] == 2.0**3 + 2.0**4
    assert first["vwap"] == pytest.approx((3 * 2.0**3 + 4 * 2.0**4) / (2.0**3 + 2.0**4))
    assert (last["open"], last["volume"]) == (15.0, 2.0**15)


def test_a_session_adds_up_to_its_day() -> None:
    bars = _bars(_half_hours(OPEN - 3 * HALF, 20))
    (day,) = summed(bars, Timeframe.D1, NEW_YORK, LATE).to_dicts()
    assert (day["opened_at"], day["timeframe"]) == (datetime(2026, 11, 19, tzinfo=UTC), "1d")
    assert (day["open"], day["close"], day["trade_count"]) == (3.0, 15.5, 13)


def test_what_was_not_told_is_not_zero() -> None:
    count = 4
    bars = _bars(_half_hours(OPEN, count), volume=[None] * count, vwap=[None] * count, trade_count=[None] * count)
    hours = summed(bars.cast(dict(CANDLE_SCHEMA)), Timeframe.H1, NEW_YORK, LATE)
    assert hours.select("volume", "vwap", "trade_count").rows() == [(None, None, None)] * 2


def test_an_hour_without_any_volume_has_no_mean_price() -> None:
    assert summed(_bars(_half_hours(OPEN, 2), volume=[0.0, 0.0]), Timeframe.H1, NEW_YORK, LATE)["vwap"].to_list() == [
        None
    ]


def test_a_bar_that_came_twice_counts_once_by_its_last_word() -> None:
    bars = _bars([OPEN, OPEN, OPEN + HALF])
    (hour,) = summed(bars, Timeframe.H1, NEW_YORK, LATE).to_dicts()
    assert (hour["open"], hour["trade_count"]) == (1.0, 2)


def test_an_hour_is_final_once_it_has_settled_itself() -> None:
    hours = summed(_bars(_half_hours(OPEN, 4)), Timeframe.H1, NEW_YORK, OPEN + 2 * HALF)
    assert hours["is_final"].to_list() == [True, False]


def test_bars_of_the_asked_length_are_only_freed_of_what_lies_outside() -> None:
    bars = _bars(_half_hours(OPEN - HALF, 3))
    assert summed(bars, Timeframe.M30, NEW_YORK, LATE)["opened_at"].to_list() == [OPEN, OPEN + HALF]
    daily = _bars([datetime(2026, 11, 19, tzinfo=UTC)], Timeframe.D1)
    assert summed(daily, Timeframe.D1, NEW_YORK, LATE).equals(daily)
    assert summed(bars.clear(), Timeframe.H1, NEW_YORK, LATE).is_empty()


def test_an_interval_is_prolonged_to_the_close_of_its_last_candle() -> None:
    asked = Interval(OPEN, OPEN + HALF / 2)
    assert whole_candles(asked, Timeframe.H1, NEW_YORK) == Interval(OPEN, OPEN + 2 * HALF)
    night = Interval(OPEN - 6 * HALF, OPEN - 5 * HALF)
    assert whole_candles(night, Timeframe.H1, NEW_YORK) == night


def test_sums_of_a_year_agree_with_a_plain_reading() -> None:
    span = Interval(datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    opens = [from_us(stamp) for stamp in NEW_YORK.candle_opens(Timeframe.M30, span)]
    values = np.random.default_rng(7).integers(1, 1000, len(opens)).astype(float)
    bars = _bars(opens, open=values, high=values + 1, low=values - 1, close=values, volume=values, vwap=values)
    found = summed(bars, Timeframe.H4, NEW_YORK, LATE)
    marks = NEW_YORK.candle_opens(Timeframe.H4, span)
    assert found["opened_at"].cast(pl.Int64).to_list() == marks.tolist()
    place = np.searchsorted(marks, [to_us(opened) for opened in opens], side="right") - 1
    assert found["volume"].to_list() == [values[place == number].sum() for number in range(len(marks))]
    assert found["high"].to_list() == [values[place == number].max() + 1 for number in range(len(marks))]
