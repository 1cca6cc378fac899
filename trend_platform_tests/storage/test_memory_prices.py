"""What the in-memory price cache does beyond the contract: its lifetime, what it tells, and being down."""

from datetime import UTC, datetime, timedelta

from trend_platform.domain.clock import ManualClock
from trend_platform.storage.memory_prices import MemoryPriceCache

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


def test_a_price_lives_as_long_as_in_redis() -> None:
    clock = ManualClock(NOON)
    cache = MemoryPriceCache(clock)
    cache.put({"AAPL": b"{}"})
    clock.advance(timedelta(seconds=59))
    assert cache.get(["AAPL"]) == {"AAPL": b"{}"}
    clock.advance(timedelta(seconds=1))
    assert cache.get(["AAPL"]) == {}


def test_what_is_stored_is_published_in_order() -> None:
    cache = MemoryPriceCache(ManualClock(NOON))
    cache.put({"MSFT": b"1", "AAPL": b"2"})
    cache.put({"MSFT": b"3"})
    assert cache.published == [b"1", b"2", b"3"]


def test_a_cache_that_is_down_answers_nothing_tells_nothing_and_counts_what_it_skips() -> None:
    cache = MemoryPriceCache(ManualClock(NOON))
    cache.put({"AAPL": b"{}"})
    cache.is_down = True
    assert cache.get(["AAPL"]) == {}
    assert cache.put({"AAPL": b"1", "MSFT": b"2"}) == 2
    assert cache.forget_others(()) == 0
    cache.is_down = False
    assert cache.get(["AAPL", "MSFT"]) == {"AAPL": b"{}"}
    assert cache.published == [b"{}"]
