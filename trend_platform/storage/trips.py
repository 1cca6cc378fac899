"""Where open breakers are remembered: the port, and the memory of this process alone.

The one that processes share lives in `redis`. When a breaker opens is the domain's to say (`domain.breakers`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import Protocol

from trend_platform.domain.breakers import Trip
from trend_platform.domain.capability import Capability


class Trips(Protocol):
    """The open breakers, by provider and capability. Methods may block; threads may share it."""

    def of(self, provider: str, capability: Capability) -> Trip | None:
        """Return why and until when a provider is left alone, `None` if it is not."""
        ...

    def open(self, provider: str, capability: Capability, trip: Trip) -> None:
        """Remember a trip; the one before is forgotten, and so is whoever probes."""
        ...

    def close(self, provider: str, capability: Capability) -> None:
        """Forget the trip: the provider is well."""
        ...

    def may_probe(self, provider: str, capability: Capability, within: timedelta) -> bool:
        """Return whether the asker is the one who tries the provider; nobody else may for so long, or until it is settled."""
        ...


@dataclass(slots=True)
class LocalTrips:
    """The memory of this process.

    Attributes:
        timer: Counts seconds and never goes back.
    """

    timer: Callable[[], float] = monotonic
    _trips: dict[tuple[str, Capability], Trip] = field(default_factory=dict)
    _probes: dict[tuple[str, Capability], float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, provider: str, capability: Capability) -> Trip | None:
        """Return why and until when a provider is left alone, `None` if it is not."""
        with self._lock:
            return self._trips.get((provider, capability))

    def open(self, provider: str, capability: Capability, trip: Trip) -> None:
        """Remember a trip."""
        with self._lock:
            self._trips[provider, capability] = trip
            self._probes.pop((provider, capability), None)

    def close(self, provider: str, capability: Capability) -> None:
        """Forget the trip."""
        with self._lock:
            self._trips.pop((provider, capability), None)
            self._probes.pop((provider, capability), None)

    def may_probe(self, provider: str, capability: Capability, within: timedelta) -> bool:
        """Return whether the asker is the one who tries the provider."""
        with self._lock:
            now = self.timer()
            if self._probes.get((provider, capability), float("-inf")) > now:
                return False
            self._probes[provider, capability] = now + within.total_seconds()
            return True
