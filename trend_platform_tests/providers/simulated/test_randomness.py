"""Randomness by place: exact, spread as promised, the same in any order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.providers.simulated.randomness import bell_at, bits_at, one_uniform, stream_key, uniform_at

PLACES = np.arange(200_000, dtype=np.int64)


def test_the_numbers_are_those_of_splitmix64():
    # First outputs for seed 0 of the reference implementation; its state advances before it mixes.
    assert bits_at(0, np.array([1, 2, 3])).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_a_stream_key_is_pinned():
    assert stream_key(20260101, "AAPL") == 0x7475A7F16F16753A
    assert stream_key("a", "bc") != stream_key("ab", "c")


@given(st.integers(0, 2**64 - 1), st.integers(-(2**40), 2**40), st.integers(1, 50), st.integers(0, 49))
def test_a_number_does_not_depend_on_the_numbers_asked_with_it(key: int, start: int, count: int, skip: int):
    places = np.arange(start, start + count, dtype=np.int64)
    assert bits_at(key, places)[skip:].tolist() == bits_at(key, places[skip:]).tolist()


def test_uniform_numbers_fill_the_unit_interval():
    numbers = uniform_at(7, PLACES)
    assert (numbers.min() >= 0, numbers.max() < 1) == (True, True)
    assert abs(numbers.mean() - 0.5) < 0.005
    assert abs(numbers.var() - 1 / 12) < 0.002


def test_the_bell_has_mean_zero_and_deviation_one():
    numbers = bell_at(7, PLACES)
    assert abs(numbers.mean()) < 0.01
    assert abs(numbers.std() - 1) < 0.01
    assert np.abs(numbers).max() < 3.5


def test_neighbours_are_not_related():
    numbers = bell_at(7, PLACES)
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.01


def test_one_uniform_is_named_by_its_parts():
    assert 0 <= one_uniform(1, "A", "level") < 1
    assert one_uniform(1, "A", "level") != one_uniform(1, "A", "turnover")
