"""Rules about the level of a series: other units, spikes and jumps, each with its planted fault and its clean control."""

from datetime import date, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.rules.levels import believed_factor
from trend_platform_tests.quality.walks import (
    AAPL,
    BTC,
    EUR,
    MSFT,
    OIL,
    VIX,
    judged,
    planted,
    rules,
    scaled,
    struck,
    walk,
)


def split(ratio: float, row: int, candles: pl.DataFrame) -> pl.DataFrame:
    ex_date = candles["opened_at"].dt.date()[row]
    return pl.DataFrame([(1, ex_date, ratio, "test")], schema=SPLIT_SCHEMA, orient="row")


@pytest.mark.parametrize("factor", [100.0, 0.01, 93.0])
@pytest.mark.parametrize("rows", [range(30, 31), range(20, 45), range(58, 60), range(1)])
def test_a_run_in_another_unit_is_set_aside_and_nothing_else(factor: float, rows: range) -> None:
    verdict = judged(scaled(walk(), rows, factor))
    assert rules(verdict) == {"unit_100x": len(rows)}


def test_a_long_run_in_another_unit_at_the_beginning_is_told_by_the_majority() -> None:
    verdict = judged(scaled(walk(count=200, first=date(2023, 1, 3)), range(12), 100.0))
    assert verdict.accepted.height == 188


def test_runs_that_come_and_go_are_all_found() -> None:
    rows = [5, 6, 17, 40, 41, 42, 43, 44]
    assert rules(judged(scaled(walk(), rows, 100.0))) == {"unit_100x": 8}


def test_the_reason_shows_the_price_the_factor_and_what_is_around() -> None:
    candles = planted(walk(count=9), list(range(9)), open=50.0, high=pl.int_range(pl.len()) + 52, low=49.0, close=51.0)
    (reason,) = judged(scaled(candles, [4], 100.0)).rejected["reason"]
    assert reason == "the close 5100 is 100 times the 51 around it: another unit, such as cents for dollars"


def test_with_stored_candles_the_stored_unit_is_right_even_against_a_majority() -> None:
    candles = scaled(walk(count=60), range(5, 60), 100.0)
    assert rules(judged(candles[5:], recent=candles[:5])) == {"unit_100x": 55}


def test_stored_candles_after_the_judged_ones_count_as_well() -> None:
    candles = scaled(walk(count=33), range(3), 100.0)
    assert rules(judged(candles[:3], recent=candles[3:])) == {"unit_100x": 3}


@pytest.mark.parametrize("factor", [6.0, 0.1, 1000.0])
@pytest.mark.parametrize("rows", [range(30, 31), range(30, 33)])
def test_a_price_that_leaps_away_and_returns_is_a_spike(factor: float, rows: range) -> None:
    assert rules(judged(scaled(walk(), rows, factor))) == {"spike": len(rows)}


def test_a_single_bad_tick_in_the_low_is_a_spike() -> None:
    verdict = judged(planted(walk(), 30, low=0.01))
    assert rules(verdict) == {"spike": 1}
    assert "the price 0.01 is" in verdict.rejected["reason"][0]
    assert rules(judged(planted(walk(), 59, high=9_999.0))) == {"spike": 1}


def test_a_flash_crash_that_real_tapes_show_is_believed() -> None:
    assert judged(planted(walk(), 30, low=pl.col("close") / 7)).rejected.is_empty()


def test_a_doubling_that_stays_is_news_and_no_fault() -> None:
    assert judged(scaled(walk(), range(30, 60), 2.2)).rejected.is_empty()


def test_a_jump_that_stays_sets_the_candles_after_it_aside() -> None:
    verdict = judged(scaled(walk(), range(40, 60), 0.1))
    assert rules(verdict) == {"unexplained_jump": 20}
    assert verdict.accepted.height == 40
    reason = verdict.rejected["reason"][0]
    assert "add the split or release these candles" in reason
    assert "up to 4 times is believed" in reason


def test_a_last_candle_that_jumps_waits_for_an_explanation() -> None:
    assert rules(judged(scaled(walk(), [59], 6.0))) == {"unexplained_jump": 1}


@pytest.mark.parametrize("ratio", [20.0, 0.1, 100.0])
def test_a_known_split_explains_its_jump(ratio: float) -> None:
    candles = scaled(walk(), range(40, 60), 1 / ratio)
    assert judged(candles, splits=split(ratio, 40, candles)).rejected.is_empty()
    assert judged(candles[40:], recent=candles[10:40], splits=split(ratio, 40, candles)).rejected.is_empty()


def test_the_wrong_split_explains_nothing() -> None:
    candles = scaled(walk(), range(40, 60), 1 / 20)
    assert rules(judged(candles, splits=split(20.0, 10, candles))) == {"unexplained_jump": 20}
    assert rules(judged(candles, splits=split(0.05, 40, candles))) == {"unexplained_jump": 20}


def test_a_split_of_adjusted_candles_makes_no_jump() -> None:
    candles = walk()
    assert judged(candles, splits=split(20.0, 40, candles)).rejected.is_empty()
    spoiled = scaled(candles, [50], 100.0)
    assert rules(judged(spoiled, splits=split(20.0, 40, candles))) == {"unit_100x": 1}


def test_a_split_announced_for_later_explains_nothing_yet() -> None:
    candles = scaled(walk(), range(40, 60), 1 / 20)
    later = split(20.0, 40, candles).with_columns(ex_date=pl.lit(date(2030, 1, 1)))
    assert rules(judged(candles, splits=later)) == {"unexplained_jump": 20}


@pytest.mark.parametrize(("instrument", "factor"), [(BTC, 8.0), (EUR, 1.4), (VIX, 2.2), (AAPL, 3.5), (OIL, 3.5)])
def test_each_asset_class_may_move_by_its_own_factor(instrument: type(AAPL), factor: float) -> None:
    assert judged(scaled(walk(instrument), range(30, 60), factor)).rejected.is_empty()
    further = factor * 1.5
    assert set(rules(judged(scaled(walk(instrument), range(30, 60), further)))) == {"unexplained_jump"}


def test_longer_candles_may_move_further() -> None:
    daily, weekly, monthly = (
        believed_factor(AssetClass.STOCK, one) for one in (Timeframe.M1, Timeframe.W1, Timeframe.MO1)
    )
    assert (daily, weekly, monthly) == (4.0, 8.0, 16.0)


def test_after_years_without_candles_a_price_may_be_elsewhere() -> None:
    later = walk(count=30, first=date(2024, 1, 2), price=900.0)
    assert judged(pl.concat([walk(count=30, first=date(2018, 1, 2)), later])).rejected.is_empty()
    soon = walk(count=30, first=date(2018, 3, 2), price=900.0)
    assert rules(judged(pl.concat([walk(count=30, first=date(2018, 1, 2)), soon]))) == {"unexplained_jump": 30}


def test_a_series_of_prices_below_zero_has_no_level() -> None:
    candles = planted(walk(OIL, price=18.0), 30, open=17.7, high=17.8, low=-40.3, close=-37.6)
    assert judged(scaled(candles, [50], 20.0)).rejected.is_empty()


def test_one_instruments_fault_is_none_of_the_others() -> None:
    verdict = judged(pl.concat([walk(MSFT, price=3000.0), scaled(walk(AAPL, price=1.0), [3], 100.0)]))
    assert struck(verdict) == [("2024-01-05", "unit_100x")]


def test_a_forming_candle_in_another_unit_is_set_aside_too() -> None:
    candles = planted(scaled(walk(), [59], 100.0), 59, is_final=False)
    assert rules(judged(candles)) == {"unit_100x": 1}


def test_minutes_are_judged_like_days() -> None:
    minutes = walk(BTC, timeframe=Timeframe.M1, count=300)
    assert judged(minutes, timeframe=Timeframe.M1).rejected.is_empty()
    bad = scaled(minutes, range(100, 160), 100.0)
    assert rules(judged(bad, timeframe=Timeframe.M1)) == {"unit_100x": 60}
    assert bad["opened_at"][1] - bad["opened_at"][0] == timedelta(minutes=1)
