"""Rules about the values of one candle: each strikes its planted fault and passes its clean control."""

import polars as pl
import pytest

from trend_platform_tests.quality.walks import AAPL, BTC, EUR, OIL, judged, planted, rules, struck, walk


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_a_missing_price_is_set_aside_whichever_and_however(column: str, value: float | None) -> None:
    assert rules(judged(planted(walk(), 9, **{column: value}))) == {"missing_price": 1}


def test_the_reason_shows_what_was_found() -> None:
    (reason,) = judged(planted(walk(), 9, open=None, high=2.5, low=1.5, close=2.0)).rejected["reason"]
    assert reason == "a price is missing or no number: open nothing, high 2.5, low 1.5, close 2.0"


@pytest.mark.parametrize("price", [0.0, -1.0])
def test_a_price_not_above_zero_is_set_aside(price: float) -> None:
    assert struck(judged(planted(walk(), 1, low=price))) == [("2024-01-03", "price_not_positive")]


def test_oil_may_cost_less_than_nothing() -> None:
    prices = {"open": 17.7, "high": 17.8, "low": -40.3, "close": -37.6}
    assert judged(planted(walk(OIL, price=18.0), 30, **prices)).rejected.is_empty()


def test_a_high_below_the_low_is_set_aside() -> None:
    assert rules(judged(planted(walk(), 5, high=pl.col("low") * 0.999))) == {"high_below_low": 1}


def test_an_open_outside_high_and_low_is_set_aside() -> None:
    assert rules(judged(planted(walk(), 5, open=pl.col("high") + 0.01))) == {"open_outside": 1}
    assert rules(judged(planted(walk(), 5, open=pl.col("low") - 0.01))) == {"open_outside": 1}


def test_a_close_outside_high_and_low_is_set_aside() -> None:
    assert rules(judged(planted(walk(), 5, close=pl.col("high") + 0.01))) == {"close_outside": 1}
    assert rules(judged(planted(walk(), 5, close=pl.col("low") - 0.01))) == {"close_outside": 1}


@pytest.mark.parametrize("column", ["open", "close"])
def test_float_noise_is_no_contradiction(column: str) -> None:
    noisy = planted(walk(), 5, **{column: pl.col("high") * (1 + 1e-10)})
    assert judged(planted(noisy, 7, **{column: pl.col("low") * (1 - 1e-10)})).rejected.is_empty()


def test_one_price_all_day_is_no_contradiction() -> None:
    same = {"open": 3.0, "high": 3.0, "low": 3.0, "close": 3.0}
    assert judged(planted(walk(count=1), 0, **same)).rejected.is_empty()


@pytest.mark.parametrize("volume", [-1.0, float("nan"), float("inf")])
def test_a_volume_that_is_no_amount_is_set_aside(volume: float) -> None:
    assert rules(judged(planted(walk(), 5, volume=volume))) == {"negative_volume": 1}


def test_an_untold_volume_is_no_fault() -> None:
    verdict = judged(planted(walk(), range(60), volume=None))
    assert (verdict.rejected.height, verdict.warnings) == (0, {})


def test_no_volume_is_a_warning_where_there_always_is_some() -> None:
    verdict = judged(pl.concat([planted(walk(AAPL), [5, 6], volume=0.0), planted(walk(BTC), 7, volume=0.0)]))
    assert (verdict.rejected.height, verdict.warnings) == (0, {"zero_volume": 3})


def test_no_volume_is_nothing_to_warn_of_in_currencies_or_forming_candles() -> None:
    forming = planted(walk(AAPL), 59, volume=0.0, is_final=False)
    verdict = judged(pl.concat([forming, walk(EUR).with_columns(volume=pl.lit(0.0))]))
    assert (verdict.rejected.height, verdict.warnings) == (0, {})
