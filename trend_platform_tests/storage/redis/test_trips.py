"""What one process learns of a provider all know, and without a server each knows what it has learnt itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
from pydantic import SecretStr

from trend_platform.domain.breakers import Trip
from trend_platform.domain.capability import Capability
from trend_platform.domain.clock import ManualClock
from trend_platform.storage.redis.trips import RedisTrips, open_trips
from trend_platform.storage.trips import LocalTrips, Trips

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TRIP = Trip(NOW + timedelta(seconds=30), 2, passes=True, reason="5 failures in a row, the last one: é 'x'")
WITHIN = timedelta(seconds=10)
AT = ("polygon", Capability.DAILY)
NOWHERE = "redis://127.0.0.1:9/0"


def opened(url: str) -> RedisTrips:
    return open_trips(SecretStr(url), ManualClock(NOW), LocalTrips())


@pytest.fixture(params=["local", "redis", "down"])
def trips(request: pytest.FixtureRequest) -> Iterator[Trips]:
    if request.param == "local":
        yield LocalTrips()
        return
    url = request.getfixturevalue("redis_url") if request.param == "redis" else NOWHERE
    if request.param == "redis":
        with redis.Redis.from_url(url) as server:
            server.flushdb()
    found = opened(url)
    yield found
    found.disconnect()


def test_a_trip_comes_back_as_it_was_until_it_is_closed(trips: Trips):
    assert trips.of(*AT) is None
    trips.open(*AT, TRIP)
    assert (trips.of(*AT), trips.of("polygon", Capability.LATEST)) == (TRIP, None)
    trips.close(*AT)
    assert trips.of(*AT) is None


def test_one_asker_probes_until_it_is_settled(trips: Trips):
    trips.open(*AT, TRIP)
    assert [trips.may_probe(*AT, WITHIN) for _ in range(3)] == [True, False, False]
    trips.open(*AT, TRIP)
    assert trips.may_probe(*AT, WITHIN)
    trips.close(*AT)
    assert trips.may_probe(*AT, WITHIN)


def test_a_prober_who_never_comes_back_is_not_waited_for_forever(trips: Trips):
    assert trips.may_probe(*AT, timedelta(milliseconds=1))
    while not trips.may_probe(*AT, WITHIN):
        pass


def test_two_processes_share_what_they_know(redis_url: str):
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()
        one, other = opened(redis_url), opened(redis_url)
        one.open(*AT, TRIP)
        assert other.of(*AT) == TRIP
        assert [each.may_probe(*AT, WITHIN) for each in (one, other)] == [True, False]
        other.close(*AT)
        assert one.of(*AT) is None
        one.open(*AT, TRIP)
        assert 3600 < server.ttl("breaker:polygon:daily_history") <= 3630
        one.disconnect()
        other.disconnect()


def test_what_is_no_trip_is_none(redis_url: str):
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()
        found = opened(redis_url)
        for payload in (b"", b"null", b"[1]", b'["never",1,true,"x"]', b"\xff"):
            server.set("breaker:polygon:daily_history", payload)
            assert found.of(*AT) is None
        found.disconnect()
