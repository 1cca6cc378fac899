"""Rules about candles that say the same again, with what really stands still as the clean control."""

from collections.abc import Sequence

import polars as pl

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform_tests.quality.walks import AAPL, BTC, EUR, judged, planted, rules, struck, walk

PRICES = ("open", "high", "low", "close")


def flat(candles: pl.DataFrame, rows: Sequence[int], **values: object) -> pl.DataFrame:
    """Let the price stand still at the close before the first of `rows`."""
    close = candles["close"][rows[0] - 1]
    return planted(candles, rows, **dict.fromkeys(PRICES, close), **values)


def stale(candles: pl.DataFrame, rows: Sequence[int]) -> pl.DataFrame:
    """Let the candle before the first of `rows` come again and again."""
    last = candles.row(rows[0] - 1, named=True)
    return planted(candles, rows, **{name: last[name] for name in (*PRICES, "volume")})


def test_a_price_that_stands_still_while_much_is_traded_is_set_aside() -> None:
    verdict = judged(flat(walk(), [30]))
    assert rules(verdict) == {"flat_with_volume": 1}
    assert "the prices only repeat the" in verdict.rejected["reason"][0]


def test_several_of_them_are_all_set_aside() -> None:
    assert rules(judged(flat(walk(), [30, 31, 32]))) == {"flat_with_volume": 3}


def test_it_is_found_in_one_new_candle_by_the_stored_ones() -> None:
    candles = flat(walk(count=31), [30])
    assert rules(judged(candles[30:], recent=candles[:30])) == {"flat_with_volume": 1}


def test_a_day_with_hardly_a_trade_may_stand_still() -> None:
    assert judged(flat(walk(), [30], volume=101.0)).rejected.is_empty()
    assert judged(flat(walk(), [30], volume=0.0)).rejected.is_empty()
    assert judged(flat(walk(), [30], volume=None)).rejected.is_empty()


def test_one_price_elsewhere_than_the_close_before_is_believed() -> None:
    candles = walk()
    assert judged(planted(candles, 30, **dict.fromkeys(PRICES, candles["close"][29] * 1.01))).rejected.is_empty()


def test_a_pegged_coin_may_stand_still() -> None:
    pegged = walk(BTC).with_columns(open=pl.lit(1.0), high=pl.lit(1.0005), low=pl.lit(0.9996), close=pl.lit(1.0))
    assert judged(flat(pegged, [20, 21, 30])).rejected.is_empty()


def test_what_is_hardly_ever_traded_may_stand_still() -> None:
    rarely = flat(flat(flat(walk(), [20, 21], volume=0.0), [25, 26], volume=0.0), [30, 31], volume=0.0)
    assert judged(flat(rarely, [28])).rejected.is_empty()


def test_minutes_may_stand_still_with_volume() -> None:
    minutes = walk(BTC, timeframe=Timeframe.M1)
    assert judged(flat(minutes, [30, 31]), timeframe=Timeframe.M1).rejected.is_empty()


def test_a_forming_candle_may_have_seen_one_trade() -> None:
    assert judged(flat(walk(), [59], is_final=False)).rejected.is_empty()


def test_the_same_prices_thrice_with_volumes_of_their_own_are_set_aside_from_the_second_on() -> None:
    candles = walk()
    again = {name: candles[name][29] for name in PRICES}
    assert struck(judged(planted(candles, [30, 31], **again))) == [
        ("2024-02-14", "flat_with_volume"),
        ("2024-02-15", "flat_with_volume"),
    ]
    assert judged(planted(candles, 30, **again)).rejected.is_empty()


def test_five_candles_alike_in_all_are_a_feed_that_stood_still_and_the_first_is_believed() -> None:
    verdict = judged(stale(walk(), [30, 31, 32, 33]))
    assert rules(verdict) == {"stale_run": 4}
    assert "5 candles in a row" in verdict.rejected["reason"][0]


def test_minutes_that_are_alike_in_all_are_a_feed_that_stood_still() -> None:
    minutes = walk(BTC, timeframe=Timeframe.M1)
    assert rules(judged(stale(minutes, range(30, 36)), timeframe=Timeframe.M1)) == {"stale_run": 6}
    assert judged(stale(minutes, range(30, 33)), timeframe=Timeframe.M1).rejected.is_empty()


def test_a_run_that_began_in_stored_candles_goes_on() -> None:
    candles = stale(walk(count=32), [28, 29, 30, 31])
    assert rules(judged(candles[30:], recent=candles[:30])) == {"stale_run": 2}


def test_a_currency_without_volume_that_stands_still_is_stale() -> None:
    for volume in (0.0, None):
        quiet = walk(EUR).with_columns(volume=pl.lit(volume, dtype=pl.Float64))
        assert rules(judged(stale(quiet, [30, 31, 32, 33]))) == {"stale_run": 4}


def test_a_stock_that_is_not_traded_for_a_week_is_not_stale() -> None:
    verdict = judged(flat(walk(), range(30, 36), volume=0.0))
    assert (verdict.rejected.height, verdict.warnings) == (0, {"zero_volume": 6})


def test_a_pegged_currency_is_not_stale() -> None:
    riyal = Instrument(4, "USD-SAR", AssetClass.FOREX, "24/5")
    pegged = walk(riyal).with_columns(open=pl.lit(3.75), high=pl.lit(3.7501), low=pl.lit(3.75), close=pl.lit(3.75))
    candles = flat(pegged.with_columns(volume=pl.lit(0.0)), range(20, 40))
    assert judged(candles, instruments=[riyal]).rejected.is_empty()


def test_two_series_of_one_frame_do_not_continue_each_other() -> None:
    first = stale(walk(AAPL, count=8), [6, 7])
    last = first.row(7, named=True)
    second = planted(walk(BTC, count=9), [0, 1], **{name: last[name] for name in (*PRICES, "volume")})
    assert "stale_run" not in rules(judged(pl.concat([first, second])))
    assert BTC.instrument_id not in judged(pl.concat([first, second])).rejected["instrument_id"]


def test_a_feed_that_stood_still_for_months_is_found_in_its_middle_too() -> None:
    candles = flat(walk(EUR, count=120).with_columns(volume=pl.lit(0.0)), range(40, 120))
    assert rules(judged(candles)) == {"stale_run": 79}
    shares = flat(walk(AAPL, count=120), range(40, 120), volume=5e5)
    assert judged(shares).accepted.height == 40
