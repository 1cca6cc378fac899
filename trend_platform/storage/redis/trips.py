"""Open breakers that all processes share, in Redis: what one process has learnt of a provider, the others need not pay for.

Down, the memory of this process serves; it is kept beside it all the time, so that nothing learnt here is lost then.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson
import redis
from pydantic import SecretStr

from trend_platform.domain.breakers import Trip
from trend_platform.domain.capability import Capability
from trend_platform.domain.clock import Clock
from trend_platform.storage.redis.connection import connect
from trend_platform.storage.redis.guard import GuardedClient
from trend_platform.storage.redis.keys import breaker_key, probe_key
from trend_platform.storage.trips import LocalTrips

# So long after its rest a breaker nobody asked about is forgotten, and with it how often in a row it opened.
_REMEMBERED: Final = timedelta(hours=1)


class RedisTrips:
    """The open breakers of one server, with this process's own memory behind it.

    Args:
        client: The server.
        clock: The time.
        local: What serves while the server is down.
    """

    def __init__(self, client: redis.Redis, clock: Clock, local: LocalTrips) -> None:
        self._client = GuardedClient(client, clock, "the shared breakers", logging.DEBUG)
        self._clock, self._local = clock, local

    def of(self, provider: str, capability: Capability) -> Trip | None:
        """Return why and until when a provider is left alone, `None` if it is not."""
        told = self._client.ask(lambda client: (client.get(breaker_key(provider, capability)),))
        if told is None:
            return self._local.of(provider, capability)
        trip = _read(told[0])
        if trip is None:
            self._local.close(provider, capability)
        return trip

    def open(self, provider: str, capability: Capability, trip: Trip) -> None:
        """Remember a trip, here and for all."""
        self._local.open(provider, capability, trip)
        lasts = max(timedelta(0), trip.until - self._clock.now()) + _REMEMBERED
        payload = orjson.dumps([trip.until, trip.openings, trip.passes, trip.reason])

        def fill(pipeline: redis.client.Pipeline) -> None:
            pipeline.set(breaker_key(provider, capability), payload, px=lasts)
            pipeline.delete(probe_key(provider, capability))

        self._client.ask_all(fill)

    def close(self, provider: str, capability: Capability) -> None:
        """Forget the trip, here and for all."""
        self._local.close(provider, capability)
        self._client.ask(
            lambda client: client.delete(breaker_key(provider, capability), probe_key(provider, capability))
        )

    def may_probe(self, provider: str, capability: Capability, within: timedelta) -> bool:
        """Return whether the asker is the one, of all processes, who tries the provider."""
        won = self._client.ask(lambda client: (client.set(probe_key(provider, capability), b"1", nx=True, px=within),))
        return self._local.may_probe(provider, capability, within) if won is None else bool(won[0])

    def disconnect(self) -> None:
        """Close the connections."""
        self._client.close()


def open_trips(url: SecretStr, clock: Clock, local: LocalTrips) -> RedisTrips:
    """Return the breakers at `url`; no connection is made before one is first asked for.

    Raises:
        ConfigurationError: `url` is no Redis URL.
    """
    return RedisTrips(connect(url), clock, local)


def _read(payload: object) -> Trip | None:
    if not isinstance(payload, bytes):
        return None
    try:
        until, openings, passes, reason = orjson.loads(payload)
        return Trip(datetime.fromisoformat(until).astimezone(UTC), int(openings), bool(passes), str(reason))
    except (ValueError, TypeError):
        return None  # whoever wrote that was no breaker
