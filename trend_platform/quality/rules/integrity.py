"""Rules about the values of one candle: prices that are missing, impossible or contradict each other, and volumes.

They run over every row in one pass. What needs the candle's neighbours lives in `levels`, `repeats` and `foreign`.
"""

import polars as pl

from trend_platform.domain.candles import PRICES
from trend_platform.quality.rules.base import RowRule, Severity

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME = (pl.col(name) for name in (*PRICES, "volume"))
_FLOAT_NOISE = 1e-9  # relative; providers that compute prices in floats miss their own high by this much


def _above(price: pl.Expr, bound: pl.Expr) -> pl.Expr:
    return price > bound + bound.abs() * _FLOAT_NOISE


def _below(price: pl.Expr, bound: pl.Expr) -> pl.Expr:
    return price < bound - bound.abs() * _FLOAT_NOISE


# The sum is finite if all four are; null if one is missing.
_COMPLETE = (_OPEN + _HIGH + _LOW + _CLOSE).is_finite().fill_null(value=False)

MISSING_PRICE = RowRule(
    id="missing_price",
    severity=Severity.REJECT,
    sentence="a price is missing or no number: open {}, high {}, low {}, close {}",
    strikes=~_COMPLETE,
    found=(_OPEN, _HIGH, _LOW, _CLOSE),
)
PRICE_NOT_POSITIVE = RowRule(
    id="price_not_positive",
    severity=Severity.REJECT,
    sentence="a price is not above zero: open {}, high {}, low {}, close {}",
    strikes=_COMPLETE & ~pl.col("may_be_negative") & (pl.min_horizontal(PRICES) <= 0),
    found=(_OPEN, _HIGH, _LOW, _CLOSE),
)
HIGH_BELOW_LOW = RowRule(
    id="high_below_low",
    severity=Severity.REJECT,
    sentence="the high {} lies below the low {}",
    strikes=_COMPLETE & _below(_HIGH, _LOW),
    found=(_HIGH, _LOW),
)
OPEN_OUTSIDE = RowRule(
    id="open_outside",
    severity=Severity.REJECT,
    sentence="the open {} lies outside low {} to high {}",
    strikes=_COMPLETE & (_above(_OPEN, _HIGH) | _below(_OPEN, _LOW)),
    found=(_OPEN, _LOW, _HIGH),
)
CLOSE_OUTSIDE = RowRule(
    id="close_outside",
    severity=Severity.REJECT,
    sentence="the close {} lies outside low {} to high {}",
    strikes=_COMPLETE & (_above(_CLOSE, _HIGH) | _below(_CLOSE, _LOW)),
    found=(_CLOSE, _LOW, _HIGH),
)
NEGATIVE_VOLUME = RowRule(
    id="negative_volume",
    severity=Severity.REJECT,
    sentence="the volume {} is no amount: expected zero, more, or nothing",
    strikes=(_VOLUME < 0) | ~_VOLUME.is_finite(),
    found=(_VOLUME,),
)
ZERO_VOLUME = RowRule(
    id="zero_volume",
    severity=Severity.WARN,
    sentence="a final candle without volume, though its kind of instrument always trades",
    strikes=(_VOLUME == 0) & pl.col("is_final") & pl.col("has_volume"),
)
MISSING_VOLUME = RowRule(
    id="missing_volume",
    severity=Severity.WARN,
    sentence="a final candle without a word on its volume, though other candles of the answer tell theirs",
    strikes=_VOLUME.is_null() & pl.col("tells_volume") & pl.col("is_final") & pl.col("has_volume"),
)

INTEGRITY = (MISSING_PRICE, PRICE_NOT_POSITIVE, HIGH_BELOW_LOW, OPEN_OUTSIDE, CLOSE_OUTSIDE, NEGATIVE_VOLUME)
