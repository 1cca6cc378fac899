"""The judgement of dividends: their amounts against prices, against each other, and against a provider's adjusted prices.

Dividends in, findings out; nothing is taken away.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from trend_platform.domain.actions import split_adjusted, split_factors
from trend_platform.domain.candles import INSTANT, Basis
from trend_platform.quality.payouts import Payouts
from trend_platform.quality.rules import dividends as rules
from trend_platform.quality.rules.base import Rule, shown
from trend_platform.quality.window import Floats

DIVIDEND_FINDINGS: Final = pl.Schema(
    {"instrument_id": pl.Int32(), "ex_date": pl.Date(), "rule": pl.String(), "reason": pl.String()}
)
"""What was found: the rule that struck a dividend, or a day on which one is missing, and what it says of it."""

_SURE: Final = float(np.log(20.0))  # odds of twenty to one
_ALIKE: Final = 3.0  # amounts within this factor of each other are payments of one kind
_UNIT: Final = (90.0, 110.0)
_UNIT_AMONG_OTHERS: Final = (50.0, 200.0)  # a payment may be twice or half of the usual one
_ENOUGH_OTHERS: Final = 3
_TWICE_WITHIN: Final = 5  # days: the most frequent payers pay every week
_TWICE_ALIKE: Final = 0.2
_DIFFERS: Final = 0.05  # of the amount
_UNKNOWN: Final = 1e-3  # of the price: less may be rounding
_EPOCH: Final = date(1970, 1, 1)


class _Found(NamedTuple):
    day: int
    rule: Rule
    told: tuple[object, ...]


def judge_dividends(
    dividends: pl.DataFrame, candles: pl.DataFrame, splits: pl.DataFrame, adjusted: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Judge dividends by what prices say about them.

    Args:
        dividends: A dividend frame.
        candles: Daily candles of the same instruments, on any basis.
        splits: Their splits.
        adjusted: `instrument_id`, `opened_at`, `adjusted_close`: closes as a provider adjusted them for all it knows of.

    Returns:
        Findings (`DIVIDEND_FINDINGS`), sorted by instrument and day; a dividend may be struck by several rules.
    """
    ids = set(dividends["instrument_id"]) | (set() if adjusted is None else set(adjusted["instrument_id"]))
    told = pl.DataFrame() if adjusted is None else adjusted
    found = [
        (one, _EPOCH + timedelta(days=each.day), each.rule.id, _sentence(each))
        for one in sorted(ids)
        for each in _of_share(_only(dividends, one), _only(candles, one), _only(splits, one), _only(told, one))
    ]
    return pl.DataFrame(found, schema=DIVIDEND_FINDINGS, orient="row").sort(
        "instrument_id", "ex_date", maintain_order=True
    )


def _only(frame: pl.DataFrame, one: int) -> pl.DataFrame:
    return frame.filter(pl.col("instrument_id") == one) if frame.width else frame


def _of_share(
    dividends: pl.DataFrame, candles: pl.DataFrame, splits: pl.DataFrame, adjusted: pl.DataFrame
) -> Iterator[_Found]:
    is_amount = pl.col("amount").is_finite().fill_null(value=False) & (pl.col("amount") > 0)
    for day, amount in dividends.filter(~is_amount).select(pl.col("ex_date").to_physical(), "amount").iter_rows():
        yield _Found(day, rules.AMOUNT_NOT_POSITIVE, (amount,))
    sound = candles.filter(
        pl.all_horizontal((pl.col(name) > 0) & pl.col(name).is_finite() for name in ("open", "close"))
    )
    if sound.height < 2:
        return
    payouts = _payouts(dividends.filter(is_amount).sort("ex_date"), split_adjusted(sound, splits), splits)
    told = _adjustments(adjusted, sound) if adjusted.height else None
    yield from _by_price(payouts, None if told is None else told[payouts.candles])
    yield from _told_twice(payouts)
    if told is not None:
        yield from _by_adjustment(payouts, told, sound)


def _payouts(dividends: pl.DataFrame, candles: pl.DataFrame, splits: pl.DataFrame) -> Payouts:
    days = dividends["ex_date"].to_physical().to_numpy().astype(np.int64)
    amounts = dividends["amount"].to_numpy()
    on_their_day = dividends.select(
        "instrument_id",
        pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(INSTANT).alias("opened_at"),
        pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(INSTANT).alias("fetched_at"),
        pl.lit(Basis.RAW.value).alias("basis"),
    )
    return Payouts.of(days, amounts, amounts / split_factors(on_their_day, splits), candles)


def _by_price(payouts: Payouts, told: Floats | None) -> Iterator[_Found]:
    too_much, too_little, nothing = (payouts.evidence(times) for times in (0.01, 100.0, 0.0))
    for at, (day, amount, share) in enumerate(zip(payouts.days, payouts.amounts, payouts.shares, strict=True)):
        unit = _other_unit(payouts, at, None if told is None else told[at])
        alike = np.abs(np.log(payouts.amounts / amount)) <= np.log(_ALIKE)
        if too_much[at] >= _SURE and (unit is None or unit[1] < 1):
            if unit:
                yield _Found(int(day), rules.DIVIDEND_UNIT_100X, (float(amount), _percent(share), unit[0], "less"))
            else:
                moved = (_percent(float(np.expm1(move[at]))) for move in (payouts.at_open, payouts.at_close))
                yield _Found(int(day), rules.NOT_IN_PRICE, (float(amount), _percent(share), *moved))
        elif float(too_little[alike].sum()) >= _SURE and too_little[at] > -_SURE:
            yield _Found(int(day), rules.DIVIDEND_UNIT_100X, (float(amount), _percent(share), "the price", "more"))
        elif unit and (too_much if unit[1] < 1 else too_little)[at] >= 0 and nothing[at] >= 0:
            word = "less" if unit[1] < 1 else "more"
            yield _Found(int(day), rules.DIVIDEND_UNIT_100X, (float(amount), _percent(share), unit[0], word))


def _other_unit(payouts: Payouts, at: int, told: float | None) -> tuple[str, float] | None:
    # Who says that the amount is off by a hundred, and whether what is right is more or less: the factor to be applied.
    if told is not None and told > 0 and payouts.shares[at] > 0:
        factor = float(told / payouts.shares[at])
        if _is_unit(factor, _UNIT):
            return "the provider's adjusted price", factor
    others = np.delete(payouts.amounts, at)
    factor = float(np.median(others) / payouts.amounts[at]) if len(others) >= _ENOUGH_OTHERS else 1.0
    return ("what it paid otherwise", factor) if _is_unit(factor, _UNIT_AMONG_OTHERS) else None


def _is_unit(factor: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= max(factor, 1 / factor) <= bounds[1]


def _told_twice(payouts: Payouts) -> Iterator[_Found]:
    nothing = payouts.evidence(0.0)
    for at in range(1, len(payouts.days)):
        apart, pair = int(payouts.days[at] - payouts.days[at - 1]), payouts.amounts[at - 1 : at + 1]
        if apart <= _TWICE_WITHIN and abs(float(np.log(pair[1] / pair[0]))) <= _TWICE_ALIKE:
            extra = at if nothing[at] >= nothing[at - 1] else at - 1
            other = 2 * at - 1 - extra
            when = _EPOCH + timedelta(days=int(payouts.days[other]))
            found = (float(payouts.amounts[extra]), apart, float(payouts.amounts[other]), when)
            yield _Found(int(payouts.days[extra]), rules.DIVIDEND_TWICE, found)


def _adjustments(adjusted: pl.DataFrame, candles: pl.DataFrame) -> Floats:
    """Return for each candle by which part of the close before the provider adjusted all earlier prices."""
    beside = candles.select("opened_at", "close").join(
        adjusted.select("opened_at", "adjusted_close"), on="opened_at", how="left", maintain_order="left"
    )
    factor = (beside["adjusted_close"] / beside["close"]).to_numpy()
    return np.concatenate(([0.0], 1.0 - factor[:-1] / factor[1:]))


def _by_adjustment(payouts: Payouts, told: Floats, candles: pl.DataFrame) -> Iterator[_Found]:
    known = set(payouts.candles.tolist())
    for day, amount, share, at in zip(payouts.days, payouts.amounts, payouts.shares, payouts.candles, strict=True):
        if at < 0 or np.isnan(told[at]):
            continue
        if abs(told[at]) <= 1e-3 * share:
            yield _Found(int(day), rules.ADJUSTMENT_MISSING, (float(amount), _percent(share)))
        elif abs(told[at] - share) > _DIFFERS * share + 1e-5:
            yield _Found(int(day), rules.ADJUSTMENT_DIFFERS, (float(amount), _percent(share), _percent(told[at])))
    days = candles["opened_at"].dt.date().to_physical().to_numpy()
    for at in np.flatnonzero(np.abs(np.nan_to_num(told)) > _UNKNOWN).tolist():
        if at not in known:
            yield _Found(int(days[at]), rules.DIVIDEND_UNKNOWN, (_percent(told[at]),))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _sentence(found: _Found) -> str:
    return found.rule.sentence.format(*(shown(value) for value in found.told))
