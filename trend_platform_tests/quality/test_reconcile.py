from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.quality.reconcile import FEWEST, Agreement, compare

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def walk(seed: int = 1, count: int = 60, step: float = 0.02) -> np.ndarray:
    random = np.random.default_rng(seed)
    return 100 * np.exp(np.cumsum(random.normal(0, step, count)))


def frame(closes: np.ndarray, first: int = 0) -> pl.DataFrame:
    stamps = [BEGIN + (first + at) * DAY for at in range(len(closes))]
    return pl.DataFrame({"opened_at": stamps, "close": np.asarray(closes, dtype=float)})


def verdict(ours: np.ndarray, theirs: np.ndarray) -> Agreement:
    return compare(frame(ours), frame(theirs)).verdict


def test_the_same_prices_agree_up_to_a_cent_or_a_few_odd_closes():
    closes = walk()
    assert verdict(closes, closes) is Agreement.AGREE
    assert verdict(closes, np.round(closes, 2)) is Agreement.AGREE
    odd = closes.copy()
    odd[[3, 40]] *= 1.1
    assert verdict(closes, odd) is Agreement.AGREE


@pytest.mark.parametrize("scale", [0.01, 100.0, 1e-3, 1e6, 1.17])
def test_prices_in_another_unit_are_off_by_a_scale(scale: float):
    found = compare(frame(walk()), frame(walk() * scale))
    assert (found.verdict, found.ratio) == (Agreement.SCALE_OFF, pytest.approx(scale))


@pytest.mark.parametrize("ratio", [2.0, 0.25, 1.5, 0.05, 10.0])
def test_a_split_that_only_one_has_applied_is_a_split_disagreement(ratio: float):
    closes, theirs = walk(), walk()
    theirs[:35] *= ratio
    found = compare(frame(closes), frame(theirs))
    assert (found.verdict, found.ratio) == (Agreement.SPLIT_DISAGREEMENT, pytest.approx(ratio, rel=0.01))
    assert compare(frame(theirs), frame(closes)).verdict is Agreement.SPLIT_DISAGREEMENT


@pytest.mark.parametrize("ratio", [2.0, 0.25, 1.5])
def test_a_split_after_the_last_candle_that_only_one_knows_is_one_as_well(ratio: float):
    assert verdict(walk(), walk() * ratio) is Agreement.SPLIT_DISAGREEMENT


@pytest.mark.parametrize("way", [1, -1])
def test_stamps_of_the_bar_beside_are_shifted(way: int):
    closes = walk()
    assert compare(frame(closes), frame(closes, way)).verdict is Agreement.SHIFTED_ONE_BAR


def test_a_quiet_price_is_not_shifted():
    assert compare(frame(np.full(60, 1.0)), frame(np.full(60, 1.0), 1)).verdict is Agreement.AGREE


def test_another_symbols_prices_differ():
    found = compare(frame(walk(1)), frame(walk(2)))
    assert (found.verdict, found.is_disagreement) == (Agreement.DIFFERS, True)


def test_too_little_in_common_tells_nothing():
    few = walk(count=FEWEST - 1)
    found = compare(frame(few), frame(few * 100))
    assert (found.verdict, found.is_disagreement) == (Agreement.UNKNOWN, False)
    assert compare(frame(walk()), frame(walk(), 500)).candles == 0
    assert compare(frame(np.full(60, np.nan)).with_columns(close=None), frame(walk())).candles == 0


@given(st.integers(0, 2**32), st.floats(1e-6, 1e6), st.integers(10, 200))
def test_scaling_both_changes_no_verdict(seed: int, scale: float, count: int):
    ours, theirs = walk(seed, count), walk(seed + 1, count)
    assert verdict(ours, theirs) is verdict(ours * scale, theirs * scale)


@given(st.integers(0, 2**32), st.integers(10, 200), st.floats(0.0001, 0.2))
def test_whoever_agrees_with_another_agrees_the_other_way_round(seed: int, count: int, step: float):
    closes = walk(seed, count, step)
    assert verdict(closes, closes * 1.001) is verdict(closes * 1.001, closes) is Agreement.AGREE
