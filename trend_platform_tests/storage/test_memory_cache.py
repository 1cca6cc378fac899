"""What the in-memory cache does beyond the contract: lifetimes by the injected clock, and being down."""

from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.storage.memory_cache import MemorySeriesCache


@pytest.mark.parametrize(("range_", "seconds"), [(Range.D1, 120), (Range.Y1, 300), (Range.MAX, 3600)])
def test_a_series_lives_as_long_as_in_redis(range_: Range, seconds: int) -> None:
    clock = ManualClock(datetime(2024, 5, 6, tzinfo=UTC))
    cache = MemorySeriesCache(clock)
    cache.put({("AAPL", range_): b"[]"})
    clock.advance(timedelta(seconds=seconds - 1))
    assert cache.get("AAPL", range_) == b"[]"
    clock.advance(timedelta(seconds=1))
    assert cache.get("AAPL", range_) is None


def test_a_cache_that_is_down_answers_nothing_and_counts_what_it_skips() -> None:
    cache = MemorySeriesCache(ManualClock(datetime(2024, 5, 6, tzinfo=UTC)))
    cache.put({("AAPL", Range.Y1): b"[]"})
    cache.is_down = True
    assert cache.get("AAPL", Range.Y1) is None
    assert cache.put({("AAPL", Range.Y1): b"[]", ("AAPL", Range.Y3): b"[]"}) == 2
    cache.forget(["AAPL"])
    assert cache.forget_others(()) == 0
    cache.is_down = False
    assert cache.get("AAPL", Range.Y1) == b"[]"
