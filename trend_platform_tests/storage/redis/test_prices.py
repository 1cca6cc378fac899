"""Latest prices in Redis beyond the contract: keys, lifetimes, messages, one round trip, a server that is down."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.retry import Retry

from trend_platform.domain.clock import ManualClock
from trend_platform.storage.redis.connection import connect
from trend_platform.storage.redis.prices import RedisPriceCache, open_prices

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.fixture
def channel(worker_number: int) -> str:
    """A channel of this worker: numbered databases share theirs."""
    return f"prices:{worker_number}"


@pytest.fixture
def prices(redis_url: str, channel: str) -> Iterator[RedisPriceCache]:
    opened = open_prices(SecretStr(redis_url), ManualClock(NOON), channel)
    yield opened
    opened.close()


def heard(listener: redis.client.PubSub, count: int) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    while len(found) < count:
        message = listener.get_message(timeout=5)
        assert message, f"{len(found)} of {count} messages came"
        if message["type"] == "message":
            found.append((message["channel"], message["data"]))
    return found


def test_keys_and_lifetimes_are_those_readers_rely_on(prices: RedisPriceCache, client: redis.Redis) -> None:
    prices.put({"BRK.B": b"{}"})
    assert client.get("latest_price:BRK.B") == b"{}"
    assert 58 <= client.ttl("latest_price:BRK.B") <= 60


def test_each_price_is_told_to_whoever_listens_once_all_of_them_can_be_read(
    prices: RedisPriceCache, client: redis.Redis, channel: str
) -> None:
    with client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(channel)
        listener.get_message(timeout=5)
        prices.put({"MSFT": b'{"symbol":"MSFT"}', "AAPL": b'{"symbol":"AAPL"}'})
        first, second = heard(listener, 2)
    assert (first, second) == ((channel.encode(), b'{"symbol":"MSFT"}'), (channel.encode(), b'{"symbol":"AAPL"}'))


def test_five_hundred_prices_are_stored_without_a_round_trip_for_each(
    prices: RedisPriceCache, client: redis.Redis
) -> None:
    prices.put({"AAPL": b"{}"})
    before = client.info("stats")["total_reads_processed"]
    prices.put({f"S{n}": b"{}" for n in range(500)})
    prices.get([f"S{n}" for n in range(500)])
    assert client.info("stats")["total_reads_processed"] - before < 50


def test_a_value_is_handed_on_as_it_was_found_and_a_key_of_another_type_is_absent(
    prices: RedisPriceCache, client: redis.Redis
) -> None:
    client.set("latest_price:AAPL", b'{"price":1')
    client.lpush("latest_price:MSFT", "x")
    assert prices.get(["AAPL", "MSFT"]) == {"AAPL": b'{"price":1'}
    assert prices.put({"MSFT": b"{}"}) == 0
    assert prices.get(["MSFT"]) == {"MSFT": b"{}"}


def test_keys_of_others_are_left_alone(prices: RedisPriceCache, client: redis.Redis) -> None:
    foreign = ["budget:polygon", "asset_data:AAPL:5Y", "hourly_data:AAPL:1D", "latest_price:", "my:latest_price:AAPL"]
    for key in foreign:
        client.set(key, "x")
    prices.put({"AAPL": b"{}", "MSFT": b"{}"})
    assert prices.forget_others({"MSFT"}) == 1
    assert set(client.keys()) == {*(key.encode() for key in foreign), b"latest_price:MSFT"}


def test_a_price_the_server_refuses_is_counted_once(redis_url: str, client: redis.Redis) -> None:
    client.acl_setuser(
        "teller",
        enabled=True,
        nopass=True,
        reset=True,
        commands=["+select", "+set", "+publish"],
        keys=["latest_price:A*"],
    )
    address = SecretStr(redis_url.replace("redis://:", "redis://teller:"))
    limited = open_prices(address, ManualClock(NOON))
    assert limited.put({"AAPL": b"{}", "MSFT": b"{}"}) == 1
    assert client.get("latest_price:AAPL") == b"{}"
    limited.close()
    client.acl_deluser("teller")


def test_a_server_that_is_down_is_absent_skipped_and_never_an_error(closed_port: int) -> None:
    prices = open_prices(SecretStr(f"redis://127.0.0.1:{closed_port}/0"), ManualClock(NOON))
    assert prices.put({"AAPL": b"{}", "MSFT": b"{}"}) == 2
    assert prices.get(["AAPL"]) == {}
    assert prices.forget_others(()) == 0
    prices.close()


def test_after_a_failure_nobody_tries_for_five_seconds_and_then_the_server_is_found_again(
    redis_url: str, client: redis.Redis, closed_port: int
) -> None:
    clock = ManualClock(NOON)
    connection = connect(SecretStr(redis_url))
    prices = RedisPriceCache(connection, clock)
    client.set("latest_price:AAPL", b"{}")
    good_port = connection.connection_pool.connection_kwargs["port"]
    connection.connection_pool.connection_kwargs["port"] = closed_port
    assert prices.get(["AAPL"]) == {}
    connection.connection_pool.reset()
    connection.connection_pool.connection_kwargs["port"] = good_port
    clock.advance(timedelta(seconds=4.9))
    assert prices.put({"AAPL": b"[]"}) == 1
    clock.advance(timedelta(seconds=0.1))
    assert prices.get(["AAPL"]) == {"AAPL": b"{}"}
    assert prices.put({"AAPL": b"[]"}) == 0
    prices.close()


def test_a_server_that_hangs_costs_its_timeout_once(silent_port: int) -> None:
    prices = RedisPriceCache(
        redis.Redis(port=silent_port, socket_timeout=0.3, retry=Retry(NoBackoff(), 0)), ManualClock(NOON)
    )
    begun = monotonic()
    assert prices.put({"AAPL": b"{}"}) == 1
    assert monotonic() - begun >= 0.3
    begun = monotonic()
    assert (prices.get(["AAPL"]), prices.forget_others(())) == ({}, 0)
    assert monotonic() - begun < 0.2
    prices.close()
