"""The score of a series and day: 100 where everything is there and unsuspicious, less for each thing that is wrong.

What is taken off is told part by part, so that a score can be explained. Pure: what is stored, missing, set aside and found
comes in as frames; nothing is read here.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from trend_platform.domain.calendars import Instants
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.intervals import Spans
from trend_platform.quality.anomalies import SURPRISES, SURPRISING

DEDUCTIONS: Final = {"missing": 50.0, "set_aside": 30.0, "surprise": 20.0, "volume": 10.0, "dividend": 10.0}
"""The most that each part can take off: for all candles of the day missing unexplained, for all that came set aside, for a
surprise of twice the limit, for all candles without a volume though the series tells volumes, for a dividend in doubt."""

SCORE_SCHEMA: Final = pl.Schema(
    {
        "day": pl.Date(),
        "expected": pl.Int64(),
        "stored": pl.Int64(),
        "explained": pl.Int64(),
        "waiting": pl.Int64(),
        "surprise_of": pl.String(),
        "surprise_by": pl.Float64(),
        "doubts": pl.String(),
        **dict.fromkeys(DEDUCTIONS, pl.Float64()),
        "score": pl.Float64(),
    }
)
"""One day of one series: counts of candles, the largest surprise, dividends in doubt, what each part takes off, the score."""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesDays:
    """What is known of one series over some days.

    Attributes:
        expected: Stamps of the candles the calendar expects, microseconds, ascending.
        explained: Where absence has a reason that accounts for it.
        stored: Stored candles, with how surprising they are; those of other days do not matter.
        waiting: `opened_at` of rows set aside that nobody has decided about and no good one stands in for.
        doubts: `ex_date` and `rule` of what was found about dividends.
        tells_volume: Whether its kind has volumes and the series tells them.
    """

    expected: Instants
    explained: Spans
    stored: pl.DataFrame
    waiting: pl.DataFrame
    doubts: pl.DataFrame
    tells_volume: bool


def day_scores(series: SeriesDays) -> pl.DataFrame:
    """Return the score of each day on which the calendar expects a candle (`SCORE_SCHEMA`), by day."""
    opens = pl.DataFrame({"opened_at": pl.Series(series.expected, dtype=pl.Int64).cast(INSTANT)})
    is_explained = pl.any_horizontal(
        pl.lit(value=False),
        *(pl.col("opened_at").is_between(span.start, span.end, closed="left") for span in series.explained),
    )
    candles = opens.join(series.stored.with_columns(is_stored=pl.lit(value=True)), on="opened_at", how="left")
    days = (
        candles.with_columns(
            pl.col("is_stored").fill_null(value=False), is_explained=is_explained, day=pl.col("opened_at").dt.date()
        )
        .group_by("day", maintain_order=True)
        .agg(
            pl.len().alias("expected"),
            pl.col("is_stored").sum().alias("stored"),
            (pl.col("is_explained") & ~pl.col("is_stored")).sum().alias("explained"),
            (pl.col("is_stored") & pl.col("volume").is_null()).sum().alias("untold"),
            *(pl.col(name).max() for name in SURPRISES),
        )
    )
    return _scored(
        days.join(_waiting(series), on="day", how="left").join(_doubts(series), on="day", how="left"), series
    )


def _waiting(series: SeriesDays) -> pl.DataFrame:
    return series.waiting.group_by(pl.col("opened_at").dt.date().alias("day")).agg(pl.len().alias("waiting"))


def _doubts(series: SeriesDays) -> pl.DataFrame:
    return series.doubts.group_by(pl.col("ex_date").alias("day")).agg(
        pl.col("rule").unique().sort().str.join(", ").alias("doubts")
    )


def _scored(days: pl.DataFrame, series: SeriesDays) -> pl.DataFrame:
    missing = pl.col("expected") - pl.col("stored") - pl.col("explained")
    came = pl.col("stored") + pl.col("waiting")
    over = (pl.col("surprise_by") / SURPRISING - 1).clip(0.0, 1.0)
    untold = pl.col("untold") / pl.col("stored") if series.tells_volume else pl.lit(0.0)
    shares = {
        "missing": missing / pl.col("expected"),
        "set_aside": pl.when(came > 0).then(pl.col("waiting") / came),
        "surprise": over,
        "volume": pl.when(pl.col("stored") > 0).then(untold),
        "dividend": pl.col("doubts").is_not_null().cast(pl.Float64),
    }
    named = pl.coalesce(
        pl.when(pl.col(name) == pl.col("surprise_by")).then(pl.lit(name.removesuffix("_surprise")))
        for name in SURPRISES
    )
    return (
        days.with_columns(pl.col("waiting").fill_null(0), surprise_by=pl.max_horizontal(SURPRISES))
        .with_columns(surprise_of=named)
        .with_columns((DEDUCTIONS[name] * share.fill_null(0.0)).alias(name) for name, share in shares.items())
        .with_columns(score=(100 - pl.sum_horizontal(*DEDUCTIONS)).clip(lower_bound=0.0))
        .select(pl.col(name).cast(dtype) for name, dtype in SCORE_SCHEMA.items())
    )
