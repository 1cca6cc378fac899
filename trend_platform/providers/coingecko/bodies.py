"""CoinGecko's own candles, `[[ms, open, high, low, close], ...]`, stamped with their close: daily ones on paid plans.

Without a plan the same endpoint answers bodies of four hours or four days, so their length is checked.
"""

from datetime import datetime

import polars as pl

from trend_platform.domain.calendars import DAY_US, get_calendar, to_us
from trend_platform.domain.candles import INSTANT, PRICES
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Malformed
from trend_platform.providers.base import Capabilities
from trend_platform.providers.coingecko.classing import NAME
from trend_platform.providers.coingecko.points import check_spacing
from trend_platform.providers.records import candle_frame


def read_bodies(document: object) -> pl.DataFrame:
    """Return the candles of an `ohlc` answer: `at` (close, microseconds since the epoch) and prices, sorted.

    Raises:
        Malformed: The document holds no candles.
    """
    if not isinstance(document, list) or not all(isinstance(row, list) and len(row) == 5 for row in document):
        raise Malformed(NAME, "the answer holds no candles: expected a list of [milliseconds, open, high, low, close]")
    schema = {"at": pl.Int64(), **dict.fromkeys(PRICES, pl.Float64())}
    bodies = pl.DataFrame(document, schema=schema, orient="row", strict=False).drop_nulls("at")
    return bodies.with_columns(pl.col("at") * 1000).sort("at")


def daily_bodies(
    bodies: pl.DataFrame, instrument_id: int, days: Interval, capabilities: Capabilities, now: datetime
) -> pl.DataFrame:
    """Return the candle frame of daily bodies, stamped with their open.

    Args:
        bodies: As `read_bodies` returns them.
        instrument_id: Whose prices they are.
        days: Whole UTC days; others are left out.
        capabilities: The provider's, for its basis and how long a day takes to settle.
        now: The present instant.

    Raises:
        GranularityMismatch: The bodies are not a day long.
    """
    settled = bodies.filter(pl.col("at") % DAY_US == 0)
    check_spacing(bodies if settled.height < bodies.height - 1 else settled, (DAY_US, DAY_US), "daily candles")
    # A body closes with the midnight after its day; the forming one is stamped within its own.
    opened = (pl.col("at") - 1) // DAY_US * DAY_US
    return candle_frame(
        bodies.with_columns(opened.alias("day"))
        .filter((pl.col("day") >= to_us(days.start)) & (pl.col("day") < to_us(days.end)))
        .select(
            pl.lit(instrument_id, dtype=pl.Int32()).alias("instrument_id"),
            pl.col("day").cast(INSTANT).alias("opened_at"),
            *PRICES,
        ),
        timeframe=Timeframe.D1,
        provider=NAME,
        basis=capabilities.basis,
        calendar=get_calendar("24/7"),
        settles_after=capabilities.settles_after,
        now=now,
    )
