"""The contract of `SeriesCache`, passed by every implementation."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.storage.base import SeriesCache
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.redis.cache import open_cache

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
SERIES = b'{"candles":[{"close":1.5}]}'


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> Iterator[SeriesCache]:
    clock = ManualClock(NOON)
    if request.param == "memory":
        yield MemorySeriesCache(clock)
        return
    opened = open_cache(SecretStr(request.getfixturevalue("redis_url")), clock)
    opened.forget_others(())
    yield opened
    opened.close()


def test_what_was_never_stored_is_absent(cache: SeriesCache) -> None:
    assert cache.get("AAPL", Range.Y1) is None


def test_what_was_stored_is_found_under_its_own_symbol_and_range_only(cache: SeriesCache) -> None:
    assert cache.put({("AAPL", Range.Y1): SERIES}) == 0
    assert cache.get("AAPL", Range.Y1) == SERIES
    assert cache.get("AAPL", Range.Y5) is None
    assert cache.get("BRK.B", Range.Y1) is None


def test_the_later_value_replaces_the_earlier_one(cache: SeriesCache) -> None:
    cache.put({("AAPL", Range.Y1): SERIES})
    cache.put({("AAPL", Range.Y1): b"[]"})
    assert cache.get("AAPL", Range.Y1) == b"[]"


def test_many_are_stored_at_once(cache: SeriesCache) -> None:
    series = {(symbol, range_): f'"{symbol} {range_}"'.encode() for symbol in ("AAPL", "BTC-USD") for range_ in Range}
    assert cache.put(series) == 0
    assert {key: cache.get(*key) for key in series} == series


def test_nothing_to_store_skips_nothing(cache: SeriesCache) -> None:
    assert cache.put({}) == 0


def test_a_forgotten_symbol_is_gone_in_all_ranges_and_the_others_stay(cache: SeriesCache) -> None:
    cache.put({("AAPL", Range.Y1): SERIES, ("AAPL", Range.MAX): SERIES, ("BRK.B", Range.Y1): SERIES})
    cache.forget(["AAPL"])
    assert [cache.get("AAPL", Range.Y1), cache.get("AAPL", Range.MAX)] == [None, None]
    assert cache.get("BRK.B", Range.Y1) == SERIES
    cache.forget([])


def test_the_hourly_chart_is_one_of_the_ranges(cache: SeriesCache) -> None:
    cache.put({("AAPL", Range.D1): b'"hours"', ("AAPL", Range.D7): b'"days"'})
    assert [cache.get("AAPL", Range.D1), cache.get("AAPL", Range.D7)] == [b'"hours"', b'"days"']
    cache.forget(["AAPL"])
    assert [cache.get("AAPL", Range.D1), cache.get("AAPL", Range.D7)] == [None, None]


def test_series_of_symbols_nobody_keeps_are_dropped_in_all_ranges_and_counted(cache: SeriesCache) -> None:
    cache.put({(symbol, range_): SERIES for symbol in ("AAPL", "BRK.B", "BTC-USD") for range_ in Range})
    assert cache.forget_others({"BRK.B", "NEVER"}) == 2 * len(Range)
    assert [cache.get(symbol, Range.D1) for symbol in ("AAPL", "BRK.B", "BTC-USD")] == [None, SERIES, None]
    assert [cache.get(symbol, Range.MAX) for symbol in ("AAPL", "BRK.B", "BTC-USD")] == [None, SERIES, None]
    assert cache.forget_others(["BRK.B"]) == 0
