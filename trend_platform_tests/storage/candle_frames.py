"""Candle frames for tests of storage."""

from datetime import UTC, datetime, timedelta

import polars as pl

from trend_platform.domain.candles import as_candles
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
FETCHED = datetime(2024, 6, 1, 12, 30, 0, 123456, tzinfo=UTC)
ALL = Interval(datetime(1960, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))


def candles(*instrument_ids: int, count: int = 3, first: datetime = FIRST, timeframe: str = "1d", **columns: object):
    """A frame of `count` candles for each instrument; `columns` replace what they say."""
    step = timedelta(days=1) if timeframe in {"1d", "1w", "1mo"} else Timeframe(timeframe).step
    rows = [
        {"instrument_id": one, "opened_at": first + step * nth, "close": 10.0 + nth + one}
        for one in instrument_ids
        for nth in range(count)
    ]
    said = {
        "timeframe": timeframe,
        "open": 10.0,
        "high": 5000.0,
        "low": 1.0,
        "volume": 1000.0,
        "provider": "polygon",
        "basis": "raw",
        "is_final": True,
        "fetched_at": FETCHED,
    }
    frame = pl.DataFrame(rows).with_columns(pl.lit(value).alias(name) for name, value in (said | columns).items())
    return as_candles(frame)


def later(frame: pl.DataFrame, **columns: object) -> pl.DataFrame:
    """The same candles as fetched an hour later, with other values in `columns`."""
    changed = {name: pl.lit(value) for name, value in columns.items()}
    return as_candles(frame.with_columns(pl.col("fetched_at") + timedelta(hours=1), **changed))
