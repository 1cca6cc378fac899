"""The Redis cache beyond the contract: lifetimes, damage, a server that is down, refuses or comes back."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.retry import Retry

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.storage.redis.cache import RedisSeriesCache, open_cache
from trend_platform.storage.redis.connection import connect

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    opened = redis.Redis.from_url(redis_url)
    opened.flushdb()
    yield opened
    opened.close()


@pytest.fixture
def cache(redis_url: str) -> Iterator[RedisSeriesCache]:
    opened = open_cache(SecretStr(redis_url), ManualClock(NOON))
    yield opened
    opened.close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_keys_and_lifetimes_are_those_readers_rely_on(cache: RedisSeriesCache, client: redis.Redis) -> None:
    cache.put({("BRK.B", Range.Y5): b"[]", ("BRK.B", Range.MAX): b"[]"})
    assert client.get("asset_data:BRK.B:5Y") == b"[]"
    assert 298 <= client.ttl("asset_data:BRK.B:5Y") <= 300
    assert 3598 <= client.ttl("asset_data:BRK.B:MAX") <= 3600


@pytest.mark.parametrize("value", [b'{"candles":[{"close":1', b"", b"\x00\xff"])
def test_a_damaged_value_is_absent(cache: RedisSeriesCache, client: redis.Redis, value: bytes) -> None:
    client.set("asset_data:AAPL:1Y", value)
    assert cache.get("AAPL", Range.Y1) is None


def test_a_key_of_another_type_is_absent_and_breaks_nothing(cache: RedisSeriesCache, client: redis.Redis) -> None:
    client.lpush("asset_data:AAPL:1Y", "x")
    assert cache.get("AAPL", Range.Y1) is None
    assert cache.put({("AAPL", Range.Y1): b"[]"}) == 0
    assert cache.get("AAPL", Range.Y1) == b"[]"


def test_a_server_that_is_down_is_absent_skipped_and_never_an_error(closed_port: int) -> None:
    cache = open_cache(SecretStr(f"redis://127.0.0.1:{closed_port}/0"), ManualClock(NOON))
    assert cache.get("AAPL", Range.Y1) is None
    assert cache.put({("AAPL", Range.Y1): b"[]", ("AAPL", Range.Y3): b"[]"}) == 2
    cache.forget(["AAPL"])


def test_a_failed_put_is_counted_on_the_first_attempt_too(closed_port: int) -> None:
    cache = open_cache(SecretStr(f"redis://127.0.0.1:{closed_port}/0"), ManualClock(NOON))
    assert cache.put({("AAPL", Range.Y1): b"[]"}) == 1


def test_after_a_failure_nobody_tries_for_five_seconds_and_then_the_server_is_found_again(
    redis_url: str, client: redis.Redis, closed_port: int
) -> None:
    clock = ManualClock(NOON)
    connection = connect(SecretStr(redis_url))
    cache = RedisSeriesCache(connection, clock)
    client.set("asset_data:AAPL:1Y", b"[]")
    good_port = connection.connection_pool.connection_kwargs["port"]
    connection.connection_pool.connection_kwargs["port"] = closed_port
    assert cache.get("AAPL", Range.Y1) is None
    connection.connection_pool.reset()
    connection.connection_pool.connection_kwargs["port"] = good_port
    clock.advance(timedelta(seconds=4.9))
    assert cache.get("AAPL", Range.Y1) is None
    assert cache.put({("AAPL", Range.Y3): b"[]"}) == 1
    clock.advance(timedelta(seconds=0.1))
    assert cache.get("AAPL", Range.Y1) == b"[]"
    assert cache.put({("AAPL", Range.Y3): b"[]"}) == 0


def test_a_connection_that_died_while_idle_is_replaced_without_a_miss(
    cache: RedisSeriesCache, client: redis.Redis
) -> None:
    cache.put({("AAPL", Range.Y1): b"[]"})
    client.client_kill_filter(_type="normal", skipme=True)
    assert cache.get("AAPL", Range.Y1) == b"[]"


def test_a_server_that_hangs_costs_its_timeout_once(silent_port: int) -> None:
    hurried = redis.Redis(port=silent_port, socket_timeout=0.3, retry=Retry(NoBackoff(), 0))
    cache = RedisSeriesCache(hurried, ManualClock(NOON))
    begun = monotonic()
    assert cache.get("AAPL", Range.Y1) is None
    assert monotonic() - begun >= 0.3
    begun = monotonic()
    assert cache.get("AAPL", Range.Y1) is None
    assert monotonic() - begun < 0.2
    cache.close()
