"""Roll-up identity: does a provider's own coarser candle say what its finer ones add up to, and if not, why. Pure.

Both frames stand on the same basis when they come here. Tolerances are declared, not fitted: the same trades give the same
prices, while volume differs where a venue counts auctions, odd lots and late reports only into its longer candles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import polars as pl

from trend_platform.domain.candles import PRICES
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.reconcile import FEWEST, Agreement, compare

ENOUGH: Final = 0.95
"""So much of a series must agree, or fit one explanation of why it does not."""

_HOURS: Final = [hours for hours in range(-14, 15) if hours]
_SHOWN: Final = 5


class Identity(StrEnum):
    """How a provider's own candles compare with the roll-up of finer ones."""

    AGREE = "agree"
    SHIFTED = "shifted"
    MISSING_MINUTES = "missing_minutes"
    HALF_ADJUSTED = "half_adjusted"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far apart two candles may be that mean the same trades.

    Attributes:
        price: Of open, high, low and close, as a share of the price.
        volume: As a share of the larger volume.
    """

    price: float = 0.001
    volume: float = 0.02


CONTINUOUS: Final = Tolerance()
"""Of a venue that never closes, and of intraday candles: all trades are in both."""

SESSION: Final = Tolerance(price=0.005, volume=0.25)
"""Of a session's day and longer: auctions and trades outside of the session are in the provider's own candle only."""


@dataclass(frozen=True, slots=True)
class IdentityVerdict:
    """The verdict on one series.

    Attributes:
        verdict: How it compares; `unknown` where there is too little in common.
        candles: Candles compared.
        agreeing: The share of them that agree.
        offset: By how much the finer candles' clock is off, where it is shifted.
        ratio: By what the roll-up must be multiplied to fit, where only one of both is adjusted.
        differing: Stamps of the first candles that do not agree.
    """

    verdict: Identity
    candles: int
    agreeing: float
    offset: timedelta = timedelta(0)
    ratio: float = 1.0
    differing: tuple[datetime, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Return whether one of the two must be wrong."""
        return self.verdict not in {Identity.AGREE, Identity.UNKNOWN}

    @property
    def words(self) -> str:
        """Return what was found in a few words."""
        hours = self.offset / timedelta(hours=1)
        return {
            Identity.AGREE: "the same trades",
            Identity.SHIFTED: f"the finer candles' clock is off: {hours:+g} hours make them fit",
            Identity.MISSING_MINUTES: "parts are missing, and what they lack is in the provider's own candle",
            Identity.HALF_ADJUSTED: f"only one of both is adjusted: a factor of {self.ratio:g} makes them fit",
            Identity.DIFFERS: "other trades, or a fault of another kind",
            Identity.UNKNOWN: "too few candles in common",
        }[self.verdict]


Reroll = Callable[[timedelta], pl.DataFrame]
"""Gives the roll-up as it would be if the stamps of the finer candles were moved by that much."""


def check_identity(own: pl.DataFrame, rolled: pl.DataFrame, tolerance: Tolerance, reroll: Reroll) -> IdentityVerdict:
    """Compare a provider's own candles with a roll-up.

    Args:
        own: Final candles of one series, a candle frame sorted by stamp.
        rolled: A rolled frame of the same series.
        tolerance: How far apart both may be.
        reroll: Makes the roll-up with the finer candles moved in time.
    """
    both = _paired(own, rolled, tolerance)
    if both.height < FEWEST:
        return IdentityVerdict(Identity.UNKNOWN, both.height, 0.0)
    agreeing = _share(both["agrees"])
    differing = tuple(both.filter(~pl.col("agrees"))["opened_at"].head(_SHOWN))
    if agreeing >= ENOUGH:
        return IdentityVerdict(Identity.AGREE, both.height, agreeing, differing=differing)
    ratio = _ratio(own, rolled)
    if ratio is not None:
        return IdentityVerdict(Identity.HALF_ADJUSTED, both.height, agreeing, ratio=ratio, differing=differing)
    offset = _offset(own, tolerance, reroll)
    if offset is not None:
        return IdentityVerdict(Identity.SHIFTED, both.height, agreeing, offset, differing=differing)
    is_thin = _share(both.filter(~pl.col("agrees"))["is_thinner"]) >= ENOUGH
    verdict = Identity.MISSING_MINUTES if is_thin else Identity.DIFFERS
    return IdentityVerdict(verdict, both.height, agreeing, differing=differing)


def _paired(own: pl.DataFrame, rolled: pl.DataFrame, tolerance: Tolerance) -> pl.DataFrame:
    # Each candle of both, with whether it agrees, and whether the roll-up says less of the same: parts of it are not there.
    finer = rolled.select(
        "opened_at", "parts", "expected", *(pl.col(name).alias(f"{name}_rolled") for name in (*PRICES, "volume"))
    )
    both = own.select("opened_at", *PRICES, "volume").join(finer, on="opened_at").sort("opened_at")
    within = pl.all_horizontal(
        (pl.col(name) - pl.col(f"{name}_rolled")).abs() <= tolerance.price * pl.col(name).abs() for name in PRICES
    )
    larger = pl.max_horizontal("volume", "volume_rolled")
    counted = ((pl.col("volume") - pl.col("volume_rolled")).abs() <= tolerance.volume * larger).fill_null(value=True)
    slack = tolerance.price * pl.col("close").abs()
    encloses = (pl.col("high") >= pl.col("high_rolled") - slack) & (pl.col("low") <= pl.col("low_rolled") + slack)
    lacks = (pl.col("volume") >= pl.col("volume_rolled") * (1 - tolerance.volume)).fill_null(value=True)
    is_thinner = (pl.col("parts") < pl.col("expected")) & encloses & lacks
    return both.with_columns((within & counted).alias("agrees"), is_thinner.alias("is_thinner"))


def _share(flags: pl.Series) -> float:
    return float(flags.sum()) / len(flags) if len(flags) else 0.0


def _ratio(own: pl.DataFrame, rolled: pl.DataFrame) -> float | None:
    found = compare(rolled, own)
    return found.ratio if found.verdict in {Agreement.SPLIT_DISAGREEMENT, Agreement.SCALE_OFF} else None


def _offset(own: pl.DataFrame, tolerance: Tolerance, reroll: Reroll) -> timedelta | None:
    # Days are cut elsewhere when a clock is off, so the finer candles are moved, not the coarser ones.
    prices = Tolerance(tolerance.price, volume=1.0)
    best, found = 0.0, None
    for offset in _offsets(Timeframe(own["timeframe"][0])):
        moved = _paired(own, reroll(offset), prices)
        share = _share(moved["agrees"])
        if 2 * moved.height >= own.height and moved.height >= FEWEST and share > best:
            best, found = share, offset
    return found if best >= ENOUGH else None


def _offsets(timeframe: Timeframe) -> Sequence[timedelta]:
    # Whole hours for a time zone, one candle for a series that is stamped with its closes.
    one = timeframe.step if timeframe.is_intraday else timedelta(days=1)
    return list(dict.fromkeys([one, -one, *(timedelta(hours=hours) for hours in _HOURS)]))
