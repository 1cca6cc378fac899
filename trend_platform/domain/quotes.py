"""Quotes: a latest price with its own time, the frame in which quotes travel, and what readers get of one.

`QUOTE_SCHEMA` is the one shape; rows are sorted by `QUOTE_KEY` and unique on it. `quoted_at` is the time the provider gives
the price, in UTC, never the time it was asked. Judgement of quotes lives in `quality`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT

QUOTE_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "provider": pl.String(),
        "quoted_at": INSTANT,
        "price": pl.Float64(),
        "previous_close": pl.Float64(),
        "bid": pl.Float64(),
        "ask": pl.Float64(),
        "size": pl.Float64(),
        "fetched_at": INSTANT,
    }
)
"""One quote. `previous_close` is what the provider takes for the close of the session before; `size` is the last trade's.

`previous_close`, `bid`, `ask` and `size` are null where the provider does not tell.
"""

QUOTE_KEY: Final = ("instrument_id", "provider", "quoted_at")


@dataclass(frozen=True, slots=True)
class LatestPrice:
    """What readers get of an instrument's newest quote.

    Attributes:
        symbol: Canonical symbol.
        price: The price.
        change: Price minus the close of the session before the quote's, adjusted for splits; `None` where that is not known.
        change_percent: The same in percent of that close.
        quoted_at: When the provider saw the price, UTC.
        provider: Who said so.
    """

    symbol: str
    price: float
    change: float | None
    change_percent: float | None
    quoted_at: datetime
    provider: str


@cache
def empty_quotes() -> pl.DataFrame:
    """Return a quote frame without rows; frames are never changed in place, so one serves all."""
    return pl.DataFrame(schema=QUOTE_SCHEMA)


def as_quotes(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the columns, dtypes and order of the quote frame, sorted by key.

    Optional columns that are missing become null. Values are cast strictly.

    Raises:
        polars.exceptions.PolarsError: A required column is missing or a value does not fit its dtype.
    """
    optional = [name for name in ("previous_close", "bid", "ask", "size") if name not in frame.columns]
    filled = frame.with_columns(pl.lit(None, dtype=QUOTE_SCHEMA[name]).alias(name) for name in optional)
    return filled.select(pl.col(name).cast(dtype) for name, dtype in QUOTE_SCHEMA.items()).sort(QUOTE_KEY)
