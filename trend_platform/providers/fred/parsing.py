"""From FRED's answers to frames. Values are texts, `.` where none was published; `date` is the first day of the period.

Source: https://fred.stlouisfed.org/docs/api/fred/series_observations.html
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.economy import FOREVER, EconomicSeries, as_observations
from trend_platform.errors import Malformed
from trend_platform.providers.fred.classing import GRAPH_NAME, NAME

_FIELDS: Final = ("realtime_start", "realtime_end", "date", "value")
_WIRE: Final = pl.Schema(dict.fromkeys(_FIELDS, pl.String()))
_MISSING: Final = {".": None, "": None}


def read_observations(document: object, series: str, now: datetime) -> tuple[pl.DataFrame, int]:
    """Return the rows of one page as an observation frame, and how many the whole answer has.

    Raises:
        Malformed: The document holds no observations, or one that cannot be read.
    """
    rows = _list_in(document, "observations")
    count = document.get("count") if isinstance(document, Mapping) else None
    try:
        told = pl.DataFrame(rows, schema=_WIRE) if rows else pl.DataFrame(schema=_WIRE)
        days = [pl.col(name).str.to_date("%Y-%m-%d") for name in ("realtime_start", "realtime_end", "date")]
        frame = told.with_columns(*days, _value(pl.col("value"))).rename({"date": "observed_on"})
        return as_observations(_labelled(frame, NAME, series, now)), count if isinstance(count, int) else len(rows)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise Malformed(NAME, f"an observation of {series} cannot be read: {str(error)[:120]}") from None


def read_about(document: object, series: str) -> EconomicSeries:
    """Return what a `/series` answer says of a series.

    Raises:
        Malformed: The document describes none.
    """
    about = next(iter(_list_in(document, "seriess")), {})
    texts = {name: str(about.get(name) or "") for name in ("title", "units", "frequency_short")}
    return EconomicSeries(NAME, series, texts["title"], texts["units"], texts["frequency_short"])


def read_release(document: object) -> tuple[int, str] | None:
    """Return number and name of the release in a `/series/release` answer, `None` if the series is part of none.

    Raises:
        Malformed: The document holds no list of releases.
    """
    found = next(iter(_list_in(document, "releases")), None)
    number = found.get("id") if found else None
    return (number, str(found.get("name") or "")) if found and isinstance(number, int) else None


def read_release_days(document: object) -> tuple[date, ...]:
    """Return the days in a `/release/dates` answer, in order.

    Raises:
        Malformed: The document holds no list of days, or one that is none.
    """
    try:
        days = {date.fromisoformat(str(each.get("date"))) for each in _list_in(document, "release_dates")}
    except ValueError as error:
        raise Malformed(NAME, f"a day of a release cannot be read: {error}") from None
    return tuple(sorted(days))


def read_graph(body: bytes, series: str, now: datetime, day: date) -> pl.DataFrame:
    """Return the values of a file behind a graph, each as believed from `day` on.

    The first column is `observation_date`, in older files `DATE`; the second bears the name of the series.

    Raises:
        Malformed: The file has other columns or a row that cannot be read.
    """
    try:
        told = pl.read_csv(body, infer_schema=False)
        first, value = told.columns
        frame = told.select(
            pl.col(first).str.to_date("%Y-%m-%d").alias("observed_on"), _value(pl.col(value)).alias("value")
        ).with_columns(pl.lit(day).alias("realtime_start"), pl.lit(FOREVER).alias("realtime_end"))
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise Malformed(GRAPH_NAME, f"the file of {series} cannot be read: {str(error)[:120]}") from None
    if value.upper() != series:
        raise Malformed(GRAPH_NAME, f"asked for {series}, answered with {value[:40]!r}")
    return as_observations(_labelled(frame, GRAPH_NAME, series, now))


def _value(column: pl.Expr) -> pl.Expr:
    return column.str.strip_chars().replace(_MISSING).cast(pl.Float64)


def _labelled(frame: pl.DataFrame, provider: str, series: str, now: datetime) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(provider).alias("provider"),
        pl.lit(series).alias("series"),
        pl.lit(now).cast(INSTANT).alias("fetched_at"),
    )


def _list_in(document: object, name: str) -> Sequence[Mapping[str, object]]:
    found = document.get(name) if isinstance(document, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise Malformed(NAME, f"the answer holds no list {name!r}")
    return found
