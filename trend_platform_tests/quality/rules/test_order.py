"""Warnings that take nothing away: rows out of order, and volumes that are not told."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform_tests.quality.walks import BTC, EUR, MSFT, judged, planted, walk


def test_rows_out_of_order_are_counted_put_in_order_and_stored() -> None:
    candles = walk()
    shuffled = pl.concat([candles[:10], candles[20:], candles[10:20]])
    verdict = judged(shuffled)
    assert verdict.accepted.equals(candles)
    assert verdict.warnings == {"out_of_order": 10}


@pytest.mark.parametrize("frame", [walk(), walk().reverse(), pl.concat([walk(MSFT).reverse(), walk()])])
def test_forward_and_newest_first_are_orders(frame: pl.DataFrame) -> None:
    assert judged(frame).warnings == {}


@given(st.permutations(range(12)))
def test_the_order_of_rows_changes_no_verdict(order: list[int]) -> None:
    candles = planted(walk(count=12), 5, high=pl.lit(1.0))
    assert judged(candles[order]).accepted.equals(judged(candles).accepted)


def test_a_volume_that_is_not_told_is_a_warning_where_others_are_told() -> None:
    verdict = judged(planted(walk(), [3, 9], volume=pl.lit(None)))
    assert (verdict.warnings, verdict.rejected.height) == ({"missing_volume": 2}, 0)


def test_where_nobody_expects_volumes_none_is_missing() -> None:
    silent = walk(BTC).with_columns(volume=pl.lit(None, pl.Float64))
    assert judged(silent).warnings == {}
    assert judged(planted(walk(EUR), 3, volume=pl.lit(None))).warnings == {}
    assert judged(planted(walk(), 3, volume=pl.lit(None), is_final=pl.lit(value=False))).warnings == {}
