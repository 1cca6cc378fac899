"""Stamps as text and as seconds, and rows without one."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.candles import CANDLE_SCHEMA, Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.stamped import (
    Origin,
    day_of_text,
    first_midnight,
    inside,
    instant_of_seconds,
    last_day,
    stamped,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORIGIN = Origin("p", Instrument(7, "AAPL", AssetClass.STOCK, "XNYS"), Timeframe.D1, Basis.RAW, timedelta(0), NOW)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-19", 19), ("2026-11-19 16:00:00", 19), ("2026-11-19T00:00:00.000Z", 19), ("soon", None), (None, None)],
)
def test_a_day_is_the_date_its_text_begins_with(text: str | None, day: int | None) -> None:
    (found,) = pl.DataFrame({"d": [text]}, schema={"d": pl.String()}).select(day_of_text("d")).to_series()
    assert found == (datetime(2026, 11, day, tzinfo=UTC) if day else None)


@pytest.mark.parametrize("stamp", [0, -5, 1_795_000_000_000, None])
def test_seconds_in_another_unit_are_no_time(stamp: int | None) -> None:
    assert pl.DataFrame({"t": [stamp]}, schema={"t": pl.Int64()}).select(instant_of_seconds("t")).item() is None


def test_rows_without_a_time_are_set_aside_with_what_they_said_and_the_others_are_candles() -> None:
    told = {"date": ["2026-11-19", "soon", "2026-11-18"], "open": [2.0, 3.0, 1.0]}
    prices = {name: [1.0] * 3 for name in ("high", "low", "close")}
    made = stamped(pl.DataFrame(told | prices).with_columns(day_of_text("date").alias("opened_at")), ORIGIN)
    assert made.candles.schema == CANDLE_SCHEMA
    assert made.candles.select("instrument_id", "open", "is_final").rows() == [(7, 1.0, True), (7, 2.0, True)]
    (aside,) = made.rejected.to_dicts()
    assert (aside["rule"], aside["opened_at"]) == ("unreadable_row", None)
    assert '"date":"soon","open":3.0' in aside["payload"]


def test_an_interval_takes_its_start_and_leaves_its_end() -> None:
    frame = pl.DataFrame({"opened_at": [datetime(2026, 11, day, tzinfo=UTC) for day in (18, 19, 20)]})
    asked = Interval(datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    assert inside(frame, asked).height == 2
    assert last_day(asked) == last_day(days(date(2026, 11, 18), date(2026, 11, 19))) == "2026-11-19"


@pytest.mark.parametrize(("hour", "microsecond", "day"), [(0, 0, 18), (0, 1, 19), (23, 0, 19)])
def test_a_day_that_has_begun_is_left_to_the_one_before(hour: int, microsecond: int, day: int) -> None:
    instant = datetime(2026, 11, 18, hour, microsecond=microsecond, tzinfo=UTC)
    assert first_midnight(instant) == datetime(2026, 11, day, tzinfo=UTC)
