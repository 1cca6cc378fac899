"""Whether two providers tell the same of one series, and if not, in which way they differ. Pure.

Both frames stand on the same basis when they come here. Compared are closes of the same stamps; which of the two is right
is not for this module to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Values = NDArray[np.float64]

FEWEST: Final = 10
"""Fewer candles in common tell nothing."""

# Closes of the same trades agree to the cent; other venues and other last trades move them by some tenths of a percent.
_WITHIN: Final = 0.005
# So much of a series must agree, or fit one explanation of why it does not.
_ENOUGH: Final = 0.95
# A ratio this close to one is none.
_CLOSE_TO: Final = 0.02
_SCALES: Final = tuple(10.0**power for power in (-8, -6, -4, -3, -2, 2, 3, 4, 6, 8))
_SPLITS: Final = tuple(sorted({n / m for n in range(1, 51) for m in (1, 2, 3, 4, 5, 10)} - {1.0}))


class Agreement(StrEnum):
    """How two series compare."""

    AGREE = "agree"
    SCALE_OFF = "scale_off"
    SPLIT_DISAGREEMENT = "split_disagreement"
    SHIFTED_ONE_BAR = "shifted_one_bar"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two series.

    Attributes:
        verdict: How they compare; `unknown` where they have too little in common.
        candles: Candles both have.
        agreeing: The share of them that agree.
        ratio: What the second one's prices must be divided by to fit, where it is off by a scale or a split; else 1.
    """

    verdict: Agreement
    candles: int
    agreeing: float
    ratio: float = 1.0

    @property
    def is_disagreement(self) -> bool:
        """Return whether one of the two must be wrong."""
        return self.verdict not in {Agreement.AGREE, Agreement.UNKNOWN}


def compare(ours: pl.DataFrame, theirs: pl.DataFrame) -> Comparison:
    """Compare two candle frames of one instrument and timeframe, sorted by stamp and on the same basis."""
    both = _paired(ours, theirs)
    if both.height < FEWEST:
        return Comparison(Agreement.UNKNOWN, both.height, 0.0)
    first, second = (both[name].to_numpy() for name in ("close", "other"))
    agreeing = _fitting(first, second)
    if agreeing >= _ENOUGH:
        return Comparison(Agreement.AGREE, both.height, agreeing)
    if _is_shifted(both):
        return Comparison(Agreement.SHIFTED_ONE_BAR, both.height, agreeing)
    verdict, ratio = _ratio(first, second)
    return Comparison(verdict, both.height, agreeing, ratio)


def _paired(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    other = theirs.select("opened_at", pl.col("close").alias("other"))
    both = ours.select("opened_at", "close").join(other, on="opened_at").sort("opened_at")
    return both.drop_nulls().filter((pl.col("close") > 0) & (pl.col("other") > 0))


def _fitting(first: Values, second: Values) -> float:
    return float(np.mean(np.abs(second / first - 1.0) <= _WITHIN))


def _is_shifted(both: pl.DataFrame) -> bool:
    first, second = (both[name].to_numpy() for name in ("close", "other"))
    return max(_fitting(first[:-1], second[1:]), _fitting(first[1:], second[:-1])) >= _ENOUGH


def _ratio(first: Values, second: Values) -> tuple[Agreement, float]:
    # One ratio everywhere is a scale, or a split that one of them does not know yet; one until a day and none after it is a split.
    ratios = second / first
    whole = float(np.median(ratios))
    if float(np.mean(np.abs(ratios / whole - 1.0) <= _WITHIN)) >= _ENOUGH:
        is_split = _near(whole, _SPLITS) or _near(1.0 / whole, _SPLITS)
        is_scale = _near(whole, _SCALES) or not is_split
        return (Agreement.SCALE_OFF if is_scale else Agreement.SPLIT_DISAGREEMENT), whole
    stepped = _step(ratios)
    return (Agreement.DIFFERS, 1.0) if stepped is None else (Agreement.SPLIT_DISAGREEMENT, stepped)


def _step(ratios: Values) -> float | None:
    # The ratio before a day from which on both agree (or the reverse); `None` if there is no such day.
    agrees = np.abs(ratios - 1.0) <= _WITHIN
    for way, flags in ((ratios, agrees), (ratios[::-1], agrees[::-1])):
        counts = np.cumsum(~flags) + np.concatenate([np.cumsum(flags[::-1])[::-1][1:], [0]])
        at = int(np.argmax(counts)) + 1
        before = float(np.median(way[:at]))
        fits = np.concatenate([np.abs(way[:at] / before - 1.0) <= _WITHIN, flags[at:]])
        is_split = _near(before, _SPLITS) or _near(1.0 / before, _SPLITS)
        if at < len(way) and is_split and float(np.mean(fits)) >= _ENOUGH:
            return before
    return None


def _near(ratio: float, known: Sequence[float]) -> bool:
    return bool(np.any(np.abs(np.asarray(known) / ratio - 1.0) <= _CLOSE_TO))
