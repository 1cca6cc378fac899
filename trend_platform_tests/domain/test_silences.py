"""Silence or hole."""

import numpy as np
import pytest

from trend_platform.domain.silences import silences


def thin_market(share: float, seed: int = 7, candles: int = 20_000) -> np.ndarray:
    return np.random.default_rng(seed).random(candles) < share


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_the_silences_of_a_thin_market_are_usual(share: float):
    assert silences(thin_market(share)).are_usual.mean() > 0.999


@pytest.mark.parametrize(("share", "length"), [(0.05, 12), (0.3, 30), (0.6, 80), (0.9, 400)])
def test_a_run_that_no_such_market_would_bring_is_a_hole(share: float, length: int):
    is_absent = thin_market(share)
    is_absent[10_000 : 10_000 + length] = True
    found = silences(is_absent)
    assert not found.of(10_000)
    assert found.are_usual.sum() >= len(found.starts) - 1


def test_of_a_market_that_is_never_silent_one_absent_candle_is_a_hole():
    is_absent = np.zeros(5000, dtype=bool)
    is_absent[2000] = True
    assert silences(is_absent).are_usual.tolist() == [False]


def test_one_outage_does_not_excuse_the_next():
    is_absent = thin_market(0.3)
    for start in (4000, 6000, 8000):
        is_absent[start : start + 200] = True
    found = silences(is_absent)
    assert [found.of(start) for start in (4000, 6000, 8000)] == [False] * 3


def test_runs_are_whole_and_in_order():
    found = silences(np.array([True, False, True, True, False, True]))
    assert (found.starts.tolist(), found.ends.tolist()) == ([0, 2, 5], [1, 4, 6])
    assert silences(np.zeros(4, dtype=bool)).starts.tolist() == []
