"""Economic series: the frame in which their observations travel, and the algebra of vintages.

A figure is revised for years. Each row says what was believed of one period from `realtime_start` to `realtime_end`, both days
included, as FRED writes it. Who tells figures is the providers' business, when they are told the releases' (`ingest`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT

OBSERVATION_SCHEMA: Final = pl.Schema(
    {
        "provider": pl.String(),
        "series": pl.String(),
        "observed_on": pl.Date(),
        "realtime_start": pl.Date(),
        "realtime_end": pl.Date(),
        "value": pl.Float64(),
        "fetched_at": INSTANT,
    }
)
"""One vintage of one observation. `observed_on` is the first day of its period; `value` is null where none was published."""

OBSERVATION_KEY: Final = ("provider", "series", "observed_on", "realtime_start")

FOREVER: Final = date(9999, 12, 31)
"""The `realtime_end` of what is still believed."""


@dataclass(frozen=True, slots=True)
class EconomicSeries:
    """One series of one provider, and how far it is known.

    Attributes:
        provider: Who tells it.
        series: Its id there, such as `GDP`.
        title: What it is.
        units: Its units, such as `Billions of Dollars`.
        frequency: `D`, `W`, `BW`, `M`, `Q`, `SA` or `A`; empty where the provider does not tell.
        release: The name of the release it is part of; empty where the provider does not tell.
        release_days: Days of that release, past and to come, in order.
        newest_observation: First day of the newest period with a row.
        newest_vintage: Day of the newest vintage.
        checked_at: When it was fetched last; `None` if never.
    """

    provider: str
    series: str
    title: str = ""
    units: str = ""
    frequency: str = ""
    release: str = ""
    release_days: tuple[date, ...] = ()
    newest_observation: date | None = None
    newest_vintage: date | None = None
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VintageChange:
    """What makes stored vintages say what was told.

    Attributes:
        rows: Observation frame of what is to be written, by key.
        gone: Keys of what is to be dropped: beliefs that the told ones leave no room for.
        inserted: Told rows that are new.
        changed: Told rows that are known by key and say something else, such as when the belief ended.
        unchanged: Told rows that say what is stored.
    """

    rows: pl.DataFrame
    gone: pl.DataFrame
    inserted: int
    changed: int
    unchanged: int


@cache
def empty_observations() -> pl.DataFrame:
    """Return an observation frame without rows; frames are never changed in place, so one serves all."""
    return pl.DataFrame(schema=OBSERVATION_SCHEMA)


def as_observations(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the columns, dtypes and order of the observation frame, sorted by key.

    Raises:
        polars.exceptions.PolarsError: A column is missing or a value does not fit its dtype.
    """
    return frame.select(pl.col(name).cast(dtype) for name, dtype in OBSERVATION_SCHEMA.items()).sort(OBSERVATION_KEY)


def joined_vintages(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the vintages of several observation frames as one, rows that were cut in two made one again.

    A provider that is asked for a stretch of time clips what was believed to that stretch. Two rows of one period with the
    same value, of which one begins no later than the day after the other ends, are one.
    """
    if not parts:
        return empty_observations()
    rows = as_observations(pl.concat(parts))
    period = ["provider", "series", "observed_on"]
    before = pl.col("realtime_end").shift(1).over(period)
    goes_on = (pl.col("realtime_start") <= before.dt.offset_by("1d")) & pl.col("value").eq_missing(
        pl.col("value").shift(1).over(period)
    )
    numbered = rows.with_columns((~goes_on.fill_null(value=False)).cum_sum().over(period).alias("stretch"))
    whole = numbered.group_by([*period, "stretch"], maintain_order=True).agg(
        pl.col("realtime_start").min(),
        pl.col("realtime_end").max(),
        pl.col("value").first(),
        pl.col("fetched_at").max(),
    )
    return as_observations(whole)


def seen_on(stored: pl.DataFrame, current: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the rows to store when a source without vintages shows `current` values on `day`.

    What is new or has changed begins on `day`; what it replaces ends on the day before. Values that stayed make no row. A
    value that changes twice in a day has its row of that day replaced.

    Args:
        stored: The vintages known so far, of one series of one provider.
        current: Observation frame of what it shows now; its own realtime columns are ignored.
        day: The day it shows it.
    """
    open_ = stored.filter(pl.col("realtime_end") == FOREVER)
    met = current.join(open_, on="observed_on", how="left", suffix="_old")
    changed = met.filter(pl.col("realtime_start_old").is_null() | ~pl.col("value").eq_missing(pl.col("value_old")))
    fresh = changed.with_columns(pl.lit(day).alias("realtime_start"), pl.lit(FOREVER).alias("realtime_end")).select(
        OBSERVATION_SCHEMA.names()
    )
    ended = (
        open_.join(changed.select("observed_on"), on="observed_on", how="semi")
        .filter(pl.col("realtime_start") < day)
        .with_columns(pl.lit(day - timedelta(days=1)).alias("realtime_end"))
    )
    return as_observations(pl.concat([fresh, ended.select(OBSERVATION_SCHEMA.names())]))


def as_known_on(observations: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return what was believed on `day`: at most one row per period, periods that had no value then left out."""
    believed = (pl.col("realtime_start") <= day) & (pl.col("realtime_end") >= day)
    return observations.filter(believed & pl.col("value").is_not_null())


def change_between(stored: pl.DataFrame, told: pl.DataFrame) -> VintageChange:
    """Return what is to be written so that `stored` says what `told` says of the same periods; the rest stays.

    A stored belief that overlaps a told one of its period in time, and is not told itself, is gone: of one day there is one
    belief.

    Args:
        stored: Observation frame of one series.
        told: Observation frame of the same series, unique on its key.
    """
    known = stored.select(*OBSERVATION_KEY, end_before="realtime_end", value_before="value", is_known=True)
    met = told.join(known, on=OBSERVATION_KEY, how="left")
    is_known = pl.col("is_known").is_not_null()
    is_same = is_known & (pl.col("realtime_end") == pl.col("end_before"))
    is_same &= pl.col("value").eq_missing(pl.col("value_before"))
    counts = met.select(known=is_known.sum(), same=is_same.fill_null(value=False).sum()).row(0, named=True)
    untold = stored.join(told, on=OBSERVATION_KEY, how="anti")
    overlapping = untold.join(told, on=OBSERVATION_KEY[:3], suffix="_told").filter(
        pl.col("realtime_start") <= pl.col("realtime_end_told"), pl.col("realtime_start_told") <= pl.col("realtime_end")
    )
    return VintageChange(
        as_observations(met.filter(~is_same.fill_null(value=False)).select(OBSERVATION_SCHEMA.names())),
        overlapping.select(OBSERVATION_KEY).unique().sort(OBSERVATION_KEY),
        inserted=told.height - counts["known"],
        changed=counts["known"] - counts["same"],
        unchanged=counts["same"],
    )


def overlapping(vintages: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of vintages that begin while another one of their period is believed; there should be none."""
    before = pl.col("realtime_end").cum_max().shift(1).over(OBSERVATION_KEY[:3])
    faults = as_observations(vintages).filter(pl.col("realtime_start") <= before)
    return faults.select(OBSERVATION_KEY)
