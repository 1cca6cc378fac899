"""From columns that carry their time in some form to candles of one instrument, rows without a readable time set aside.

Days are told as text (`2026-11-19`) or as seconds; a day is stamped at midnight UTC of its date. No provider's names here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import INSTANT, Basis
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.records import candle_frame, unreadable

FAR_SECONDS: Final = 4_000_000_000
"""The year 2096, in seconds since the epoch: a later stamp is in another unit and means nothing."""

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stamped:
    """Candles and what could not be made one.

    Attributes:
        candles: Candle frame.
        rejected: Quarantine frame.
    """

    candles: pl.DataFrame
    rejected: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose candles they are, who sent them and when.

    Attributes:
        provider: Name of the provider.
        instrument: The one that was asked.
        timeframe: The length that was asked.
        basis: What the prices mean.
        settles_after: How long after its close a candle may still change.
        now: The present instant.
    """

    provider: str
    instrument: Instrument
    timeframe: Timeframe
    basis: Basis
    settles_after: timedelta
    now: datetime


def day_of_text(name: str) -> pl.Expr:
    """Return midnight UTC of the date a text column begins with, null where it begins with none."""
    return pl.col(name).str.head(10).str.to_date("%Y-%m-%d", strict=False).cast(INSTANT)


def instant_of_seconds(name: str) -> pl.Expr:
    """Return the instant of a column of seconds since the epoch, null where they are no plausible time."""
    column = pl.col(name)
    return pl.when(column.is_between(1, FAR_SECONDS)).then(column * 1_000_000).cast(INSTANT)


def stamped(columns: pl.DataFrame, origin: Origin, sent: Sequence[object] | None = None) -> Stamped:
    """Return the candles of one instrument.

    Args:
        columns: `opened_at` (null where it could not be read), prices, and where known `volume`, `vwap`, `trade_count`.
            Other columns, such as the time as it was sent, are told of rows set aside.
        origin: Whose they are.
        sent: The rows as they were sent, told of those set aside; the columns are told where that is `None`.
    """
    opened, one = columns["opened_at"], origin.instrument.instrument_id
    numbers = opened.is_null().arg_true().to_list() if opened.null_count() else []
    timed = columns.filter(opened.is_not_null()) if numbers else columns
    candles = candle_frame(
        timed.hstack([pl.Series("instrument_id", [one], dtype=pl.Int32()).new_from_index(0, timed.height)]),
        timeframe=origin.timeframe,
        provider=origin.provider,
        basis=origin.basis,
        calendar=get_calendar(origin.instrument.calendar),
        settles_after=origin.settles_after,
        now=origin.now,
    )
    told = columns.drop("opened_at").rows(named=True) if numbers and sent is None else sent or ()
    rejected = unreadable(
        told,
        numbers,
        instrument_id=one,
        timeframe=origin.timeframe,
        provider=origin.provider,
        now=origin.now,
    )
    return Stamped(candles, rejected)


def inside(candles: pl.DataFrame, interval: Interval) -> pl.DataFrame:
    """Return the candles stamped inside `interval`."""
    return candles.filter(pl.col("opened_at").is_between(interval.start, interval.end, closed="left"))


def first_midnight(instant: datetime) -> datetime:
    """Return the first midnight UTC that is not before `instant`: a day that has begun is not in what begins there."""
    return midnight((instant - _TICK).date()) + timedelta(days=1)


def last_day(interval: Interval) -> str:
    """Return the date of the last instant inside `interval`, for providers whose ranges include their end."""
    return (interval.end - _TICK).date().isoformat()
