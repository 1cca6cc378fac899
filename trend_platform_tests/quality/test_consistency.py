"""Roll-up identity: what is equal is called equal, and every planted fault is called by its name."""

from datetime import date, timedelta

import polars as pl
import pytest

from trend_platform.domain.rollup import roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.consistency import CONTINUOUS, SESSION, Identity, Tolerance, check_identity
from trend_platform_tests.domain.rolling import at, minutes, setting

M1, H1, D1 = Timeframe.M1, Timeframe.H1, Timeframe.D1
TARGETS = [Timeframe("5m"), H1, D1]


def walk(start: str = "2024-02-01", end: str = "2024-03-05", calendar: str = "24/7") -> pl.DataFrame:
    """Minutes of a price that goes somewhere, so that one hour is not like the next."""
    made = minutes(start, end, calendar)
    path = 100 + 20 * (pl.int_range(pl.len()) / 600).sin() + pl.int_range(pl.len()) / 4000
    return made.with_columns(
        (pl.col(name) / 100 * path).alias(name) for name in ("open", "high", "low", "close", "vwap")
    )


def roll(candles: pl.DataFrame, target: Timeframe, calendar: str = "24/7") -> pl.DataFrame:
    return roll_up(candles, [target], setting(calendar))[target].candles


def moving(candles: pl.DataFrame, target: Timeframe):
    def reroll(offset: timedelta) -> pl.DataFrame:
        return roll(candles.with_columns(pl.col("opened_at") + offset), target)

    return reroll


def check(own: pl.DataFrame, candles: pl.DataFrame, target: Timeframe, tolerance: Tolerance = CONTINUOUS):
    return check_identity(own, roll(candles, target), tolerance, moving(candles, target))


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_trades_agree(target: Timeframe) -> None:
    candles = walk()
    found = check(roll(candles, target), candles, target)
    assert (found.verdict, found.agreeing, found.differing, found.is_wrong) == (Identity.AGREE, 1.0, (), False)


def test_a_few_odd_candles_are_named_and_do_not_condemn_the_series() -> None:
    candles = walk()
    own = roll(candles, H1)
    high = pl.when(pl.int_range(pl.len()) == 7).then(pl.col("high") * 1.1).otherwise("high")
    found = check(own.with_columns(high=high), candles, H1)
    assert found.verdict is Identity.AGREE
    assert found.differing == (own["opened_at"][7],)


@pytest.mark.parametrize("hours", [-9, -5, 1, 8])
@pytest.mark.parametrize("target", [H1, D1])
def test_a_wrong_time_zone_is_found_with_its_hours(target: Timeframe, hours: int) -> None:
    true = walk()
    wrong = true.with_columns(pl.col("opened_at") - timedelta(hours=hours))
    own = roll(true, target)
    found = check(own[1:-1], wrong, target)
    assert (found.verdict, found.offset) == (Identity.SHIFTED, timedelta(hours=hours))
    assert found.is_wrong


def test_a_series_stamped_with_its_closes_is_found() -> None:
    target = Timeframe("5m")
    candles = walk()
    own = roll(candles, target).with_columns(pl.col("opened_at") + timedelta(minutes=5))
    found = check(own, candles, target)
    assert (found.verdict, found.offset) == (Identity.SHIFTED, timedelta(minutes=5))


def test_missing_minutes_are_found() -> None:
    whole = walk()
    candles = whole.filter(pl.int_range(pl.len()) % 60 > 20)
    found = check(roll(whole, H1), candles, H1)
    assert (found.verdict, found.offset) == (Identity.MISSING_MINUTES, timedelta(0))
    assert found.agreeing < 0.5


@pytest.mark.parametrize("is_early", [True, False])
def test_minutes_that_are_adjusted_in_part_are_found_with_the_ratio(*, is_early: bool) -> None:
    whole = walk()
    split = pl.col("opened_at") < at("2024-02-15") if is_early else pl.lit(value=True)
    prices = ("open", "high", "low", "close", "vwap")
    candles = whole.with_columns(pl.when(split).then(pl.col(name) / 4).otherwise(name).alias(name) for name in prices)
    found = check(roll(whole, D1), candles, D1)
    assert found.verdict is Identity.HALF_ADJUSTED
    assert found.ratio == pytest.approx(4.0)


def test_other_trades_differ() -> None:
    candles = walk()
    own = roll(candles, H1).with_columns(
        pl.col(name) * (1 + 0.02 * (pl.int_range(pl.len()) % 7 - 3)) for name in ("open", "high", "low", "close")
    )
    found = check(own, candles, H1)
    assert (found.verdict, len(found.differing)) == (Identity.DIFFERS, 5)


def test_volume_counts_where_both_know_it() -> None:
    candles = walk()
    own = roll(candles, H1)
    assert check(own.with_columns(pl.col("volume") * 1.5), candles, H1).verdict is Identity.DIFFERS
    assert check(own.with_columns(volume=None), candles, H1).verdict is Identity.AGREE
    assert check(own.with_columns(pl.col("volume") * 1.2), candles, H1, SESSION).verdict is Identity.AGREE


def test_too_little_in_common_tells_nothing() -> None:
    candles = walk("2024-03-04", "2024-03-05")
    found = check(roll(candles, H1).head(9), candles, H1)
    assert (found.verdict, found.candles, found.is_wrong) == (Identity.UNKNOWN, 9, False)


def test_an_early_close_and_a_holiday_of_new_york_are_no_difference() -> None:
    candles = walk("2024-06-17", "2024-07-09", "XNYS")
    rolled = roll(candles, D1, "XNYS")
    assert date(2024, 7, 4) not in rolled["opened_at"].dt.date().to_list()
    found = check_identity(rolled, rolled, SESSION, lambda _: rolled.clear())
    assert found.verdict is Identity.AGREE
