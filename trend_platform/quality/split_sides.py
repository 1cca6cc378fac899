"""Whether prices on both sides of a split stand as the split says: by their own move, and beside other providers. Pure.

A split is confirmed where raw prices move by its ratio and nobody tells another level on either side. Half-adjusted series, a split
that never was, or one of the wrong day or ratio show as a side that is off by the ratio.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import log

import polars as pl

from trend_platform.domain.actions import split_adjusted

# A ratio this close to one, 5 shares for 4 or less, cannot be told from an ordinary move of a day.
_VISIBLE = log(1.3)
# Sides agree within this, in terms of the median of their closes.
_WITHIN = 0.05


class SplitVerdict(StrEnum):
    """What prices say of a split."""

    CONFIRMED = "confirmed"
    NOT_SEEN = "not_seen"
    BEFORE_DIFFERS = "before_differs"
    AFTER_DIFFERS = "after_differs"
    UNKNOWN = "unknown"

    @property
    def is_wrong(self) -> bool:
        """Return whether somebody must look at it."""
        return self not in {SplitVerdict.CONFIRMED, SplitVerdict.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a split.

    Attributes:
        verdict: What prices say.
        moved: What the last close before is over the first open after, both as traded; `None` without both.
        before: Per provider asked, our split-adjusted closes before the split over theirs (median).
        after: The same from the split on.
    """

    verdict: SplitVerdict
    moved: float | None
    before: Mapping[str, float]
    after: Mapping[str, float]


def judge_sides(stored: pl.DataFrame, splits: pl.DataFrame, ex_date: date, told: Mapping[str, pl.DataFrame]) -> Sides:
    """Judge a split by the candles around it.

    Args:
        stored: Daily candles of one instrument around the day, as stored (candle frame).
        splits: Its splits in force (split frame), the judged one among them.
        ex_date: The first session on the new share count.
        told: Daily candles of the same days as providers tell them now, by provider.
    """
    ratio = float(splits.filter(pl.col("ex_date") == ex_date)["ratio"].product())
    is_before = pl.col("opened_at").dt.date() < ex_date
    ours = split_adjusted(stored, splits)
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for provider, candles in told.items():
        theirs = split_adjusted(candles, splits)
        for side, part in ((before, is_before), (after, ~is_before)):
            over = _over(ours.filter(part), theirs.filter(part))
            if over is not None:
                side[provider] = over
    moved = _moved(ours.filter(is_before), ours.filter(~is_before), ratio)
    return Sides(_verdict(moved, ratio, before, after), moved, before, after)


def _moved(before: pl.DataFrame, after: pl.DataFrame, ratio: float) -> float | None:
    # As traded: adjusted prices show no split, so its ratio is put back.
    if before.is_empty() or after.is_empty():
        return None
    close, opened = before["close"][-1], after["open"][0]
    return float(close) * ratio / float(opened) if close and opened else None


def _over(ours: pl.DataFrame, theirs: pl.DataFrame) -> float | None:
    both = ours.select("opened_at", "close").join(
        theirs.select("opened_at", pl.col("close").alias("other")), on="opened_at"
    )
    ratios = both.filter(pl.col("other") > 0).select(pl.col("close") / pl.col("other")).to_series().drop_nulls()
    median = ratios.median()
    return float(median) if isinstance(median, float) else None


def _verdict(
    moved: float | None, ratio: float, before: Mapping[str, float], after: Mapping[str, float]
) -> SplitVerdict:
    if any(abs(over - 1) > _WITHIN for over in before.values()):
        return SplitVerdict.BEFORE_DIFFERS
    if any(abs(over - 1) > _WITHIN for over in after.values()):
        return SplitVerdict.AFTER_DIFFERS
    if moved is None or moved <= 0:
        return SplitVerdict.UNKNOWN
    if abs(log(ratio)) < _VISIBLE:
        return SplitVerdict.CONFIRMED if before and after else SplitVerdict.UNKNOWN
    is_seen = abs(log(moved / ratio)) < abs(log(moved))
    return SplitVerdict.CONFIRMED if is_seen else SplitVerdict.NOT_SEEN
