"""The rule about another instrument's candles: which of two series has the wrong ones, and when nobody can tell."""

from collections.abc import Sequence

import polars as pl

from trend_platform_tests.quality.walks import AAPL, BTC, MSFT, judged, rules, walk

VALUES = ("open", "high", "low", "close", "volume")


def under(ours: pl.DataFrame, theirs: pl.DataFrame, rows: Sequence[int]) -> pl.DataFrame:
    """Put rows of another series under this one."""
    chosen = pl.int_range(pl.len()).is_in(list(rows))
    return ours.with_columns(pl.when(chosen).then(theirs[name]).otherwise(pl.col(name)).alias(name) for name in VALUES)


def test_another_instruments_candles_are_set_aside_and_its_own_are_kept() -> None:
    theirs = walk(MSFT, price=150.0)
    wrong = under(walk(AAPL), theirs, range(20, 30))
    verdict = judged(pl.concat([wrong, theirs]))
    assert rules(verdict) == {"other_symbol": 10}
    assert set(verdict.rejected["instrument_id"]) == {AAPL.instrument_id}
    assert "as MSFT from 2024-01-31" in verdict.rejected["reason"][0]


def test_it_does_not_matter_which_of_the_two_comes_first() -> None:
    theirs = walk(AAPL, price=150.0)
    verdict = judged(pl.concat([theirs, under(walk(MSFT), theirs, range(20, 30))]))
    assert set(verdict.rejected["instrument_id"]) == {MSFT.instrument_id}
    assert rules(verdict) == {"other_symbol": 10}


def test_one_new_candle_is_enough_where_only_one_series_breaks() -> None:
    theirs = walk(MSFT, count=31, price=150.0)
    wrong = under(walk(AAPL, count=31), theirs, [30])
    new, stored = (pl.concat([each[rows] for each in (wrong, theirs)]) for rows in (slice(30, 31), slice(0, 30)))
    verdict = judged(new, recent=stored)
    assert rules(verdict) == {"other_symbol": 1}
    assert verdict.accepted["instrument_id"].to_list() == [MSFT.instrument_id]


def test_two_series_that_are_alike_throughout_are_both_set_aside() -> None:
    theirs = walk(MSFT)
    verdict = judged(pl.concat([under(walk(AAPL), theirs, range(60)), theirs]))
    assert rules(verdict) == {"other_symbol": 120}
    assert "cannot be told" in verdict.rejected["reason"][0]


def test_a_new_series_that_is_only_the_others_candles_is_the_wrong_one() -> None:
    theirs = walk(MSFT, count=60)
    copy = theirs[40:50].with_columns(instrument_id=pl.lit(AAPL.instrument_id, dtype=pl.Int32))
    verdict = judged(pl.concat([copy, theirs]))
    assert set(verdict.rejected["instrument_id"]) == {AAPL.instrument_id}
    assert verdict.accepted.equals(theirs)


def test_two_candles_that_are_alike_where_nothing_breaks_are_chance() -> None:
    theirs = walk(MSFT)
    close = under(walk(AAPL).with_columns(theirs[name] * 1.001 for name in VALUES[:-1]), theirs, [30, 31])
    assert judged(pl.concat([close, theirs])).rejected.is_empty()


def test_pegged_coins_without_volume_are_alike_and_nobodys_fault() -> None:
    one = walk(BTC).with_columns(
        *(pl.lit(1.0).alias(name) for name in VALUES[:-1]), volume=pl.lit(None, dtype=pl.Float64)
    )
    other = one.with_columns(instrument_id=pl.lit(1, dtype=pl.Int32)).head(10)
    both = pl.concat([other, one])
    assert "other_symbol" not in rules(judged(both))


def test_three_series_that_are_alike_do_not_cost_the_right_one() -> None:
    theirs = walk(MSFT, price=150.0)
    first, third = (under(walk(one), theirs, range(20, 30)) for one in (AAPL, AAPL))
    third = third.with_columns(instrument_id=pl.lit(BTC.instrument_id, dtype=pl.Int32))
    third = third.with_columns(
        pl.when(pl.int_range(pl.len()).is_between(20, 29)).then("high").otherwise(pl.col("high") * 1.001).alias("high")
    )
    verdict = judged(pl.concat([first, theirs, third]))
    assert set(verdict.rejected.filter(pl.col("rule") == "other_symbol")["instrument_id"]) == {1, 3}
