"""Coverage over time: each series cut into days, months or years, with what is stored and what is missing in each.

Pure: the windows and gaps of `quality.gaps` in, one row per series and period out.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from trend_platform.quality.gaps import EXPLAINING, KEY, NEVER_ASKED, cut, expected

_MOST_DAYS: Final = timedelta(days=100)
_MOST_MONTHS: Final = timedelta(days=3660)


def period_of(windows: pl.DataFrame) -> str:
    """Return how long the periods of a map are, as Polars says it: such that people can still see each of them."""
    if windows.is_empty():
        return "1mo"
    length = max(windows["until"].to_list()) - min(windows["since"].to_list())
    return "1d" if length <= _MOST_DAYS else "1mo" if length <= _MOST_MONTHS else "1y"


def coverage_map(windows: pl.DataFrame, gaps: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return `instrument_id`, `timeframe`, `period`, `expected`, `stored`, `explained`, `unexplained`, `never_asked`.

    Args:
        windows: What is looked at, one window per series.
        gaps: All gaps in it, `never_asked` ones among them; `start_at`, `end_at`, `missing`, `reason`.
        period: Length of a period, such as `1mo`; periods without an expected candle are left out.
    """
    parts = _periods(windows, period)
    by_start = gaps.select(
        *KEY, "start_at", "end_at", "missing", "reason", pl.col("start_at").dt.truncate(period).alias("period")
    )
    is_inside = pl.col("end_at") <= pl.col("period").dt.offset_by(period)
    longer = by_start.filter(~is_inside).drop("period").rename({"reason": "why"})
    crossing = cut(longer, parts).select(
        *KEY, pl.col("start_at").dt.truncate(period).alias("period"), "missing", reason="why"
    )
    rows = pl.concat([by_start.filter(is_inside).select(crossing.columns), crossing])
    explains, never = pl.col("reason").is_in(EXPLAINING), pl.col("reason") == NEVER_ASKED
    counts = rows.group_by(*KEY, "period").agg(
        pl.col("missing").filter(explains).sum().alias("explained"),
        pl.col("missing").filter(~explains & ~never).sum().alias("unexplained"),
        pl.col("missing").filter(never).sum().alias("never_asked"),
    )
    whole = (
        expected(parts).filter(pl.col("expected") > 0).with_columns(pl.col("since").dt.truncate(period).alias("period"))
    )
    named = ("explained", "unexplained", "never_asked")
    filled = whole.join(counts, on=[*KEY, "period"], how="left").with_columns(pl.col(*named).fill_null(0))
    stored = (pl.col("expected") - pl.sum_horizontal(named)).alias("stored")
    return filled.with_columns(stored).select(*KEY, "period", "expected", "stored", *named).sort(*KEY, "period")


def _periods(windows: pl.DataFrame, period: str) -> pl.DataFrame:
    # Each window in as many parts as it meets periods.
    first = pl.col("since").dt.truncate(period)
    cells = windows.filter(pl.col("since") < pl.col("until")).with_columns(
        pl.datetime_ranges(first, pl.col("until"), interval=period, closed="left").alias("begin")
    )
    return cells.explode("begin").select(
        *KEY,
        "calendar",
        pl.max_horizontal("since", "begin").alias("since"),
        pl.min_horizontal("until", pl.col("begin").dt.offset_by(period)).alias("until"),
    )
