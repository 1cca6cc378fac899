"""The Redis cache beyond the contract: lifetimes, damage, a server that is down, refuses or comes back."""

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
def cache(redis_url: str) -> Iterator[RedisSeriesCache]:
    opened = open_cache(SecretStr(redis_url), ManualClock(NOON))
    yield opened
    opened.close()


def test_keys_and_lifetimes_are_those_readers_rely_on(cache: RedisSeriesCache, client: redis.Redis) -> None:
    cache.put({("BRK.B", Range.Y5): b"[]", ("BRK.B", Range.MAX): b"[]", ("BRK.B", Range.D1): b"[]"})
    assert client.get("asset_data:BRK.B:5Y") == b"[]"
    assert 298 <= client.ttl("asset_data:BRK.B:5Y") <= 300
    assert 3598 <= client.ttl("asset_data:BRK.B:MAX") <= 3600
    assert 118 <= client.ttl("hourly_data:BRK.B:1D") <= 120


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


def test_keys_of_others_are_left_alone_however_much_they_look_like_ours(
    cache: RedisSeriesCache, client: redis.Redis
) -> None:
    foreign = ["budget:polygon", "asset_data:AAPL", "asset_data:AAPL:1H", "asset_data:AAPL:1D", "hourly_data:AAPL:5Y"]
    foreign += ["asset_data::5Y", "latest_price:AAPL", "my:asset_data:AAPL:5Y", "asset_data:\u00e4"]
    for key in (*(name.encode() for name in foreign), b"asset_data:\xff\xfe"):
        client.set(key, "x")
    cache.put({("AAPL", Range.Y5): b"[]", ("AAPL", Range.D1): b"[]"})
    assert cache.forget_others(()) == 2
    assert client.dbsize() == len(foreign) + 1


def test_more_series_than_one_step_finds_are_all_dropped(cache: RedisSeriesCache, client: redis.Redis) -> None:
    cache.put({(f"S{n}", Range.Y1): b"[]" for n in range(5000)})
    assert cache.forget_others({"S7"}) == 4999
    assert client.keys() == [b"asset_data:S7:1Y"]


def test_dropping_costs_a_server_that_is_down_nothing_and_counts_none(closed_port: int) -> None:
    cache = open_cache(SecretStr(f"redis://127.0.0.1:{closed_port}/0"), ManualClock(NOON))
    assert cache.forget_others(()) == 0


def test_a_command_that_is_refused_is_no_reason_to_rest(
    client: redis.Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.acl_setuser("reader", enabled=True, nopass=True, reset=True, commands=["+select", "+set"], keys=["*"])
    limited = open_cache(SecretStr(redis_url.replace("redis://:", "redis://reader:")), ManualClock(NOON))
    assert limited.get("AAPL", Range.Y1) is None
    assert "refused" in caplog.text
    assert limited.put({("AAPL", Range.Y1): b"[]"}) == 0
    limited.close()
    client.acl_deluser("reader")
