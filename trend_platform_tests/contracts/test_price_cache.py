"""The contract of `PriceCache`, passed by every implementation."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform.storage.realtime import PriceCache
from trend_platform.storage.redis.prices import open_prices

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
PRICE = b'{"symbol":"AAPL","price":1.5}'


@pytest.fixture(params=["memory", "redis"])
def prices(request: pytest.FixtureRequest) -> Iterator[PriceCache]:
    clock = ManualClock(NOON)
    if request.param == "memory":
        yield MemoryPriceCache(clock)
        return
    opened = open_prices(SecretStr(request.getfixturevalue("redis_url")), clock)
    opened.forget_others(())
    yield opened
    opened.close()


def test_what_was_never_stored_is_absent(prices: PriceCache) -> None:
    assert prices.get(["AAPL"]) == {}
    assert prices.get([]) == {}


def test_what_was_stored_is_found_under_its_own_symbol_only(prices: PriceCache) -> None:
    assert prices.put({"AAPL": PRICE, "BTC-USD": b"{}"}) == 0
    assert prices.get(["AAPL", "BRK.B"]) == {"AAPL": PRICE}


def test_the_later_price_replaces_the_earlier_one(prices: PriceCache) -> None:
    prices.put({"AAPL": b"{}", "MSFT": b"{}"})
    prices.put({"AAPL": PRICE})
    assert prices.get(["MSFT", "AAPL"]) == {"AAPL": PRICE, "MSFT": b"{}"}


def test_five_hundred_are_stored_and_found_at_once(prices: PriceCache) -> None:
    given = {f"S{n}": f'{{"price":{n}}}'.encode() for n in range(500)}
    assert prices.put(given) == 0
    assert prices.get(list(given)) == given


def test_nothing_to_store_skips_nothing(prices: PriceCache) -> None:
    assert prices.put({}) == 0


def test_prices_nobody_keeps_are_dropped_and_counted(prices: PriceCache) -> None:
    prices.put(dict.fromkeys(("AAPL", "BRK.B", "BTC-USD", "EUR-USD"), PRICE))
    assert prices.forget_others({"AAPL", "BTC-USD", "NEVER"}) == 2
    assert prices.get(["AAPL", "BRK.B", "BTC-USD", "EUR-USD"]).keys() == {"AAPL", "BTC-USD"}
    assert prices.forget_others(["AAPL", "BTC-USD"]) == 0
