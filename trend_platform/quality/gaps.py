"""Gaps as columns: what a ledger says of thousands of series, cut to windows, counted and completed by what was never asked.

Pure: frames in, frames out; candles are expected by the calendar and never counted as rows. A window frame has
`instrument_id`, `timeframe`, `calendar`, `since`, `until`; spans and gaps have `instrument_id`, `timeframe`, `start_at`,
`end_at`; everything is half open.
"""

from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.counting import get_counter
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.timeframes import Timeframe

WINDOW_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "timeframe": pl.String(),
        "calendar": pl.String(),
        "since": INSTANT,
        "until": INSTANT,
    }
)
"""The part of a series that is looked at."""

NEVER_ASKED: Final = "never_asked"
"""What stands in the place of a reason where no provider has been asked yet."""

EXPLAINING: Final = tuple(reason.value for reason in GapReason if reason.explains)
"""Reasons that account for a hole."""

BY_LENGTH: Final = pl.col("timeframe").cast(pl.Enum([one.value for one in Timeframe]))
"""What to sort by where 1h goes before 1d."""

KEY: Final = ("instrument_id", "timeframe")
_STORY: Final = ("reason", "provider", "is_believed")


def expected(windows: pl.DataFrame) -> pl.DataFrame:
    """Return the windows with `expected`, how many candles their calendar has in them."""
    return _counted(windows, "since", "until", "expected")


def cut(gaps: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Return the gaps cut to the windows of their series, recounted where a window cuts them; `calendar` is added.

    Gaps of other series, and parts without an expected candle, are left out.
    """
    met = gaps.join(windows, on=KEY).filter(
        (pl.col("start_at") < pl.col("until")) & (pl.col("end_at") > pl.col("since"))
    )
    is_whole = (pl.col("start_at") >= pl.col("since")) & (pl.col("end_at") <= pl.col("until"))
    whole, parts = met.filter(is_whole), met.filter(~is_whole)
    clipped = parts.with_columns(
        pl.max_horizontal("start_at", "since").alias("start_at"), pl.min_horizontal("end_at", "until").alias("end_at")
    )
    recounted = _counted(clipped, "start_at", "end_at", "missing").select(whole.columns)
    return pl.concat([whole, recounted]).filter(pl.col("missing") > 0).drop("since", "until").sort(*KEY, "start_at")


def never_asked(windows: pl.DataFrame, spans: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Return `start_at`, `end_at`, `missing` of the parts of the windows that neither a span nor a gap speaks of."""
    bounds = ["start_at", "end_at"]
    known = pl.concat([frame.select(*KEY, *bounds) for frame in (spans, gaps)]).join(windows, on=KEY)
    inside = known.select(
        *KEY,
        pl.max_horizontal("start_at", "since").alias("start_at"),
        pl.min_horizontal("end_at", "until").alias("end_at"),
    ).filter(pl.col("start_at") < pl.col("end_at"))
    edges = [
        windows.select(*KEY, pl.col(edge).alias("start_at"), pl.col(edge).alias("end_at"))
        for edge in ("since", "until")
    ]
    ordered = pl.concat([inside, *edges]).sort(*KEY, "start_at", "end_at")
    reached = pl.col("end_at").cum_max().shift(1).over(KEY)
    open_ = ordered.select(*KEY, reached.alias("start_at"), pl.col("start_at").alias("end_at"))
    parts = open_.filter(pl.col("start_at") < pl.col("end_at")).join(windows.select(*KEY, "calendar"), on=KEY)
    return _begun(_counted(parts, "start_at", "end_at", "missing").filter(pl.col("missing") > 0))


def joined(gaps: pl.DataFrame) -> pl.DataFrame:
    """Return the gaps with neighbours of one story made one: a hole that was asked in parts is one hole.

    The first part's evidence stands for all; looks are counted where most were made, the next one is the earliest.
    """
    ordered = gaps.sort(*KEY, "start_at")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in (*KEY, *_STORY))
    is_next = same & (pl.col("start_at") == pl.col("end_at").shift(1))
    numbered = ordered.with_columns((~is_next.fill_null(value=False)).cum_sum().alias("hole"))
    return (
        numbered.group_by("hole", maintain_order=True)
        .agg(
            pl.col(*KEY, "calendar", *_STORY, "start_at", "evidence").first(),
            pl.col("end_at").last(),
            pl.col("missing").sum(),
            pl.col("attempts", "last_checked_at").max(),
            pl.col("first_seen_at", "next_check_at").min(),
        )
        .select(gaps.columns)
    )


def _counted(rows: pl.DataFrame, since: str, until: str, name: str) -> pl.DataFrame:
    parts = [rows.clear().with_columns(pl.lit(0, pl.Int64).alias(name))]
    for (calendar, timeframe), part in rows.partition_by("calendar", "timeframe", as_dict=True).items():
        counter = get_counter(str(calendar), Timeframe(timeframe))
        start, end = (part[bound].cast(pl.Int64).to_numpy() for bound in (since, until))
        parts.append(part.with_columns(pl.Series(name, counter.count(start, end), dtype=pl.Int64)))
    return pl.concat(parts)


def _begun(rows: pl.DataFrame) -> pl.DataFrame:
    # A part begins with its first expected candle, as a gap does.
    parts = [rows.clear()]
    for (calendar, timeframe), part in rows.partition_by("calendar", "timeframe", as_dict=True).items():
        counter = get_counter(str(calendar), Timeframe(timeframe))
        first = counter.stamps(counter.before(part["start_at"].cast(pl.Int64).to_numpy()))
        parts.append(part.with_columns(pl.Series("start_at", first, dtype=pl.Int64).cast(INSTANT)))
    return pl.concat(parts).sort(*KEY, "start_at")
