"""The candle frame: the one shape in which candles travel through the platform.

Columns, dtypes and their order are `CANDLE_SCHEMA`; rows are sorted by `CANDLE_KEY` and unique on it. `opened_at` is the
candle's open in UTC; daily candles of exchange-traded instruments are stamped at midnight UTC of the session's date and
mean that session. `volume`, `vwap` and `trade_count` are null where the provider does not tell. A forming candle has
`is_final = false`. Judgement of values lives in `quality`.
"""

from enum import StrEnum
from typing import Final

import polars as pl

INSTANT: Final = pl.Datetime("us", "UTC")

CANDLE_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "timeframe": pl.String(),
        "opened_at": INSTANT,
        "open": pl.Float64(),
        "high": pl.Float64(),
        "low": pl.Float64(),
        "close": pl.Float64(),
        "volume": pl.Float64(),
        "vwap": pl.Float64(),
        "trade_count": pl.Int64(),
        "provider": pl.String(),
        "basis": pl.String(),
        "is_final": pl.Boolean(),
        "fetched_at": INSTANT,
    }
)

CANDLE_KEY: Final = ("instrument_id", "timeframe", "opened_at")
PRICES: Final = ("open", "high", "low", "close")
CANDLE_VALUES: Final = (*PRICES, "volume", "vwap", "trade_count", "basis", "is_final")
"""What a candle says, apart from who said it and when: rows alike in these are the same candle."""


class Basis(StrEnum):
    """What a stored price means."""

    RAW = "raw"
    SPLIT = "split"


def empty_candles() -> pl.DataFrame:
    """Return a candle frame without rows."""
    return pl.DataFrame(schema=CANDLE_SCHEMA)


def as_candles(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the columns, dtypes and order of the candle frame, sorted by key.

    Optional columns that are missing become null. Values are cast strictly.

    Raises:
        polars.exceptions.PolarsError: A required column is missing or a value does not fit its dtype.
    """
    optional = [name for name in ("volume", "vwap", "trade_count") if name not in frame.columns]
    filled = frame.with_columns(pl.lit(None, dtype=CANDLE_SCHEMA[name]).alias(name) for name in optional)
    return filled.select(pl.col(name).cast(dtype) for name, dtype in CANDLE_SCHEMA.items()).sort(CANDLE_KEY)
