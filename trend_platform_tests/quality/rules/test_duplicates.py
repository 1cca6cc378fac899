"""Rows with the same key: alike, contradicting, and forming ones that give way."""

from datetime import timedelta

import polars as pl

from trend_platform_tests.quality.walks import judged, planted, rules, scaled, walk


def test_rows_alike_are_kept_once_whoever_said_it_and_when() -> None:
    candles = walk()
    again = candles[5:8].with_columns(provider=pl.lit("another"), fetched_at=pl.col("fetched_at") + timedelta(days=1))
    verdict = judged(pl.concat([candles, again, candles[5:6]]))
    assert verdict.accepted.equals(candles)
    assert (verdict.duplicates, verdict.rejected.height) == (4, 0)


def test_rows_alike_in_untold_values_are_alike() -> None:
    candles = walk().with_columns(volume=pl.lit(None, dtype=pl.Float64))
    assert judged(pl.concat([candles, candles])).duplicates == 60


def test_of_rows_that_contradict_each_other_the_first_stands() -> None:
    candles = walk()
    other = candles[5:6].with_columns(pl.col("volume") + 1)
    for frame, kept in ((pl.concat([candles, other]), candles[5]), (pl.concat([other, candles]), other[0])):
        verdict = judged(frame)
        assert rules(verdict) == {"conflicting_duplicate": 1}
        assert verdict.accepted[5].equals(kept)
        assert f"volume {kept['volume'][0]}" in verdict.rejected["reason"][0]


def test_a_row_that_is_unsound_is_no_rival() -> None:
    candles = walk()
    broken = candles[5:6].with_columns(close=pl.lit(None, dtype=pl.Float64))
    verdict = judged(pl.concat([broken, candles]))
    assert rules(verdict) == {"missing_price": 1}
    assert verdict.accepted.equals(candles)


def test_a_final_candle_stands_before_a_forming_one_in_either_order() -> None:
    candles = walk()
    forming = scaled(candles[59:], [0], 0.99).with_columns(is_final=pl.lit(value=False))
    for frame in (pl.concat([candles, forming]), pl.concat([forming, candles])):
        verdict = judged(frame)
        assert verdict.accepted.equals(candles)
        assert (verdict.duplicates, verdict.rejected.height) == (1, 0)


def test_of_forming_candles_the_one_fetched_last_stands() -> None:
    earlier = planted(walk(), 59, is_final=False)
    later = scaled(earlier[59:], [0], 1.01).with_columns(pl.col("fetched_at") + timedelta(minutes=1))
    for frame in (pl.concat([earlier, later]), pl.concat([later, earlier])):
        verdict = judged(frame)
        assert verdict.accepted[59].equals(later)
        assert (verdict.duplicates, verdict.rejected.height) == (1, 0)


def test_a_volume_that_is_told_and_one_that_is_not_contradict_each_other() -> None:
    candles = walk()
    untold = candles[5:6].with_columns(volume=pl.lit(None, dtype=pl.Float64))
    for frame in (pl.concat([candles, untold]), pl.concat([untold, candles])):
        assert rules(judged(frame)) == {"conflicting_duplicate": 1}
