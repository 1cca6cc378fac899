"""The judgement of dividends: each fault planted into a share that falls by what it pays, and the clean control."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA, empty_splits
from trend_platform.quality.dividends import judge_dividends
from trend_platform_tests.quality.walks import planted, scaled, walk

SHARE = 0.03
PAID_AT = (60, 123, 186, 249)


def share(pays: float = SHARE, at: Sequence[int] = PAID_AT) -> pl.DataFrame:
    """A year of a calm share that falls by what it pays."""
    candles = walk(count=300, first=date(2022, 6, 1))
    fallen = np.ones(300)
    for place in at:
        fallen[place:] *= 1 - pays
    return candles.with_columns(pl.col(name) * pl.Series(fallen) for name in ("open", "high", "low", "close"))


def dividends(candles: pl.DataFrame, *amounts: float | None, at: Sequence[int] = PAID_AT) -> pl.DataFrame:
    rows = [
        (1, candles["opened_at"].dt.date()[place], amount, "", "test")
        for place, amount in zip(at, amounts, strict=True)
    ]
    return pl.DataFrame(rows, schema=DIVIDEND_SCHEMA, orient="row")


def right(candles: pl.DataFrame, pays: float = SHARE, at: Sequence[int] = PAID_AT) -> list[float]:
    return [candles["close"][place - 1] * pays for place in at]


def adjusted(candles: pl.DataFrame, shares: Sequence[float], at: Sequence[int] = PAID_AT) -> pl.DataFrame:
    factor = np.ones(candles.height)
    for part, place in zip(shares, at, strict=True):
        factor[:place] *= 1 - part
    return candles.select("instrument_id", "opened_at", adjusted_close=pl.col("close") * pl.Series(factor))


def found(candles: pl.DataFrame, told: pl.DataFrame, beside: pl.DataFrame | None = None) -> list[tuple[int, str]]:
    """Return the place of each finding and its rule."""
    days = candles["opened_at"].dt.date().to_list()
    said = judge_dividends(told, candles, empty_splits(), beside)
    return [(days.index(day), rule) for day, rule in said.select("ex_date", "rule").iter_rows()]


def test_dividends_that_the_price_knows_of_are_in_order() -> None:
    candles = share()
    assert found(candles, dividends(candles, *right(candles)), adjusted(candles, [SHARE] * 4)) == []


@pytest.mark.parametrize("amount", [0.0, -0.5, None, float("nan"), float("inf")])
def test_no_amount_is_none(amount: float | None) -> None:
    candles = share()
    told = dividends(candles, amount, *right(candles)[1:])
    assert found(candles, told) == [(60, "dividend_not_positive")]


@pytest.mark.parametrize("place", [0, 3])
def test_one_amount_a_hundredfold_is_told_by_the_price_and_the_others(place: int) -> None:
    candles = share(0.005)
    amounts = right(candles, 0.005)
    amounts[place] *= 100
    assert found(candles, dividends(candles, *amounts)) == [(PAID_AT[place], "dividend_unit_100x")]


def test_one_amount_of_a_hundredth_is_told_by_the_others() -> None:
    candles = share(0.005)
    amounts = right(candles, 0.005)
    amounts[1] /= 100
    assert found(candles, dividends(candles, *amounts)) == [(PAID_AT[1], "dividend_unit_100x")]


def test_amounts_that_are_all_a_hundredth_are_told_by_all_falls_together() -> None:
    candles = share()
    told = dividends(candles, *(amount / 100 for amount in right(candles)))
    assert found(candles, told) == [(place, "dividend_unit_100x") for place in PAID_AT]


def test_where_the_price_hardly_falls_a_hundredth_cannot_be_told() -> None:
    candles = share(0.001)
    assert found(candles, dividends(candles, *(amount / 100 for amount in right(candles, 0.001)))) == []


def test_a_lone_amount_that_is_not_in_the_price_is_told_without_a_guess() -> None:
    candles = share(0.0, ())
    (reason,) = judge_dividends(dividends(candles, 20.0, at=[100]), candles, empty_splits())["reason"]
    assert found(candles, dividends(candles, 20.0, at=[100])) == [(100, "dividend_not_in_price")]
    assert reason.startswith("the amount 20 is ")


def test_without_trade_a_price_is_no_witness() -> None:
    candles = planted(share(0.0, ()), 100, volume=pl.lit(0.0))
    assert found(candles, dividends(candles, 20.0, at=[100])) == []


def test_few_candles_tell_nothing() -> None:
    candles = share(0.0, ())[90:105]
    assert found(candles, dividends(candles, 20.0, at=[10])) == []


def test_a_payment_told_twice_is_the_one_that_is_less_in_the_price() -> None:
    candles = share(0.06, (100,))
    amount = right(candles, 0.06, (100,))[0]
    assert (101, "dividend_twice") in found(candles, dividends(candles, amount, amount * 1.05, at=[100, 101]))
    assert (99, "dividend_twice") in found(candles, dividends(candles, amount, amount, at=[99, 100]))


def test_weekly_payments_are_payments() -> None:
    weeks = [100, 105, 110, 115]
    candles = share(0.002, weeks)
    assert found(candles, dividends(candles, *right(candles, 0.002, weeks), at=weeks)) == []


@pytest.mark.parametrize(
    ("told", "rule"), [(0.0, "adjustment_missing"), (SHARE / 100, "adjustment_differs"), (0.02, "adjustment_differs")]
)
def test_an_adjustment_that_is_missing_or_another_is_told(told: float, rule: str) -> None:
    candles = share()
    beside = adjusted(candles, [SHARE, told, SHARE, SHARE])
    assert found(candles, dividends(candles, *right(candles)), beside) == [(123, rule)]


def test_an_adjustment_for_a_dividend_nobody_knows_is_told() -> None:
    candles = share()
    beside = adjusted(candles, [SHARE] * 4)
    told = dividends(candles, *right(candles)).filter(pl.int_range(pl.len()) != 2)
    assert found(candles, told, beside) == [(186, "dividend_unknown")]


def test_amounts_are_held_against_prices_on_the_share_count_of_their_day() -> None:
    candles = share()
    raw = scaled(candles, range(150), 20.0)
    split = pl.DataFrame([(1, candles["opened_at"].dt.date()[150], 20.0, "test")], schema=SPLIT_SCHEMA, orient="row")
    told = dividends(raw, *right(raw))
    assert judge_dividends(told, raw, split).is_empty()
    assert judge_dividends(told, candles.with_columns(basis=pl.lit("split")), split).is_empty()


def test_a_dividend_without_candles_around_it_is_left_alone() -> None:
    candles = share()
    told = pl.DataFrame(
        [(1, date(1999, 1, 4), 5.0, "", "test"), (2, date(2023, 1, 4), 5.0, "", "test")],
        schema=DIVIDEND_SCHEMA,
        orient="row",
    )
    assert judge_dividends(told, candles, empty_splits()).is_empty()
    assert judge_dividends(told.clear(), candles, empty_splits()).is_empty()
