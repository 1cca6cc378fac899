"""Daily candles from hourly points: what the free plan can honestly give.

`market_chart` answers prices at instants, `{"prices": [[ms, price], ...]}`, about one an hour. A day's open is its first
point, its close the first point after it (the price at midnight), high and low are the extremes of both and all between.
So highs and lows are those of hourly points, not of trades. Volume is null: the provider tells a trailing
24-hour volume in the quote currency, which belongs to no candle. Granularity is checked, never trusted.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from trend_platform.domain.calendars import DAY_US, get_calendar, to_us
from trend_platform.domain.candles import INSTANT, PRICES
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.base import Capabilities
from trend_platform.providers.coingecko.classing import NAME
from trend_platform.providers.records import candle_frame

INCOMPLETE_DAY = "incomplete_day"
_MINUTE_US = 60_000_000
_HOUR_US = 60 * _MINUTE_US
# Points come a few minutes after the full hour, and single hours are missing now and then.
_FEWEST_HOURS = 20
_CLOSING_US = 30 * _MINUTE_US
_HOURLY_US = (30 * _MINUTE_US, 90 * _MINUTE_US)


@dataclass(frozen=True, slots=True)
class Days:
    """Daily candles and the days that had too few points for one.

    Attributes:
        candles: Candle frame.
        rejected: Quarantine frame.
    """

    candles: pl.DataFrame
    rejected: pl.DataFrame


def read_points(document: object) -> pl.DataFrame:
    """Return the points of a `market_chart` answer: `at` (microseconds since the epoch) and `price`, sorted.

    Raises:
        Malformed: The document holds no points.
    """
    rows = document.get("prices") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 2 for row in rows):
        raise Malformed(NAME, "the answer holds no points: expected an object with a list of [milliseconds, price]")
    schema = {"at": pl.Int64(), "price": pl.Float64()}
    points = pl.DataFrame(rows, schema=schema, orient="row", strict=False).drop_nulls("at")
    return points.with_columns(pl.col("at") * 1000).sort("at")


def daily_candles(
    points: pl.DataFrame, instrument_id: int, days: Interval, capabilities: Capabilities, now: datetime
) -> Days:
    """Return the candles of the days in `days` that hourly points make up.

    Args:
        points: As `read_points` returns them, reaching a little beyond `days` for the last close.
        instrument_id: Whose prices they are.
        days: Whole UTC days.
        capabilities: The provider's, for its basis and how long a day takes to settle.
        now: The present instant.

    Raises:
        GranularityMismatch: The points are not an hour apart.
    """
    check_spacing(points, _HOURLY_US, "hourly points")
    table = _by_day(_settled_points(points)).filter(
        (pl.col("day") >= to_us(days.start)) & (pl.col("day") < to_us(days.end))
    )
    is_over = pl.col("day") + DAY_US <= to_us(now)
    is_whole = (pl.col("late") < _HOUR_US) & ((pl.col("hours") >= _FEWEST_HOURS) | ~is_over)
    candles = candle_frame(
        table.filter(is_whole).select(
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
    return Days(candles, _rejected(table.filter(~is_whole), instrument_id, now))


def check_spacing(points: pl.DataFrame, allowed_us: tuple[int, int], what: str) -> None:
    """Check that the stamps in `at` are as far apart as was asked; two of them or fewer tell nothing.

    Raises:
        GranularityMismatch: Half of the distances or more are outside `allowed_us`, in microseconds.
    """
    typical = points["at"].diff().drop_nulls().median()
    if points.height > 2 and isinstance(typical, (int, float)) and not allowed_us[0] <= typical <= allowed_us[1]:
        raise GranularityMismatch(
            NAME,
            f"{what} were asked and the answer's rows are {typical / _HOUR_US:.2f} hours apart, {points.height} of them",
        )


def _settled_points(points: pl.DataFrame) -> pl.DataFrame:
    # The last point is "now" and not the full hour, wherever the range reaches the present.
    if points.height < 2:
        return points
    distance = int(points["at"][-1]) - int(points["at"][-2])
    return points.head(-1) if distance < _HOURLY_US[0] else points


def _by_day(points: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("at") // DAY_US * DAY_US
    table = (
        points.group_by(day.alias("day"), maintain_order=True)
        .agg(
            pl.col("price").first().alias("open"),
            pl.col("price").max().alias("high"),
            pl.col("price").min().alias("low"),
            pl.col("price").last().alias("close"),
            (pl.col("at") // _HOUR_US).n_unique().alias("hours"),
            (pl.col("at").first() - day.first()).alias("late"),
        )
        .sort("day")
    )
    is_next = (pl.col("day").shift(-1) == pl.col("day") + DAY_US) & (pl.col("late").shift(-1) < _CLOSING_US)
    closing = pl.when(is_next).then(pl.col("open").shift(-1))
    return table.with_columns(
        pl.max_horizontal("high", closing),
        pl.min_horizontal("low", closing),
        pl.coalesce(closing, "close").alias("close"),
    )


def _rejected(days: pl.DataFrame, instrument_id: int, now: datetime) -> pl.DataFrame:
    reason = pl.format(
        "{} of 24 hourly points, the first {} minutes into the day", "hours", pl.col("late") // _MINUTE_US
    )
    return days.select(
        pl.lit(instrument_id, dtype=pl.Int32()).alias("instrument_id"),
        pl.lit(Timeframe.D1.value).alias("timeframe"),
        pl.col("day").cast(INSTANT).alias("opened_at"),
        pl.lit(NAME).alias("provider"),
        pl.lit(INCOMPLETE_DAY).alias("rule"),
        reason.alias("reason"),
        pl.struct("hours", *PRICES).struct.json_encode().alias("payload"),
        pl.lit(now, dtype=INSTANT).alias("fetched_at"),
    ).cast(QUARANTINE_SCHEMA)
