"""Reading what was stored at an instant: "as known on D". Nothing is written, and nobody is asked.

Candles of that time come from what is stored now and from what it replaced; weeks, months and other candles that are rolled
up are made again from them. An instant is one of fetching: what was fetched by then counts as known.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.actions import empty_splits, splits_known_by, splits_of
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.known import known_at
from trend_platform.domain.rollup import roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.rolled_read import Adjust, Found
from trend_platform.ingest.rolled_series import Series
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.base import Storage

# The longest candle there is, a month.
_LONGEST = timedelta(days=31)


def candles_known_at(
    storage: Storage, instrument_id: int, timeframe: Timeframe, interval: Interval, at: datetime
) -> pl.DataFrame:
    """Return the candles of one series in `interval` as they were stored at `at`: a candle frame, as `Market.candles` gives.

    Raises:
        UnavailableError: The database does not answer.
    """
    current = storage.market.candles([instrument_id], timeframe, interval)
    revisions = storage.market.revisions(instrument_id, timeframe, interval)
    runs = storage.runs.of(revisions["run_id"].unique().to_list()) if revisions.height else ()
    return known_at(current, revisions, {one.run_id: one.started_at for one in runs}, at)


def read_known(
    workshop: Workshop,
    instrument: Instrument,
    timeframe: Timeframe,
    interval: Interval,
    at: datetime,
    adjust: Adjust | None = None,
) -> Found:
    """Return a series as it was known at `at`, with rolled-up candles where none were stored.

    Args:
        workshop: The ports.
        instrument: Whose candles.
        timeframe: Their length.
        interval: Which, by their stamps.
        at: The instant.
        adjust: Applied to stored candles, before anything is rolled up from them.

    Raises:
        UnavailableError: The database does not answer.
    """
    one, storage = instrument.instrument_id, workshop.storage
    stored = _on_basis(candles_known_at(storage, one, timeframe, interval, at), adjust)
    rolled = storage.rollups.candles([one], timeframe, interval).join(stored, on="opened_at", how="anti")
    sources = [length for length in Timeframe if length.value in rolled["source"]]
    made = [stored.clear().with_columns(pl.lit(value=True).alias("is_complete"))]
    for source in sources:
        wanted = rolled.filter(pl.col("source") == source.value)["opened_at"]
        span = Interval(wanted.to_list()[0], wanted.to_list()[-1] + _LONGEST)
        parts = _on_basis(candles_known_at(storage, one, source, span, at), adjust)
        setting = Series(storage.market, instrument, at).setting(source, span)
        setting = replace(setting, splits=_splits(storage, one, at) if adjust is None else empty_splits())
        again = roll_up(parts, [timeframe], setting)[timeframe].candles
        inside = again.filter(pl.col("opened_at").is_in(wanted.implode()))
        made.append(inside.select(*CANDLE_SCHEMA.names(), "is_complete"))
    used = pl.concat(made)
    candles = pl.concat([stored, used.drop("is_complete")]).sort("opened_at")
    names = tuple(length.value for length in sources) if used.height else ()
    return Found(candles, used.height, int((~used["is_complete"]).sum()), names)


def actions_known_at(storage: Storage, instrument_id: int, at: datetime) -> pl.DataFrame:
    """Return the actions that were told by `at` and in force then: an action frame.

    Where nobody noted when one was told, its own day counts.
    """
    actions = storage.actions.of([instrument_id])
    told = actions.filter(pl.col("fetched_at").is_null() | (pl.col("fetched_at") <= at))
    return splits_known_by(told, at)


def _splits(storage: Storage, instrument_id: int, at: datetime) -> pl.DataFrame:
    return splits_of(actions_known_at(storage, instrument_id, at))


def _on_basis(candles: pl.DataFrame, adjust: Adjust | None) -> pl.DataFrame:
    return candles if adjust is None else adjust(candles)
