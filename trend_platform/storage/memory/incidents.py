"""The `Incidents` port in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from trend_platform.storage.realtime import Incident


@dataclass(slots=True)
class MemoryIncidents:
    """The record of incidents."""

    _records: dict[tuple[datetime, str], Incident] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def unfinished(self) -> tuple[Incident, ...]:
        """Return the open ones, oldest first."""
        with self._lock:
            return tuple(one for _, one in sorted(self._records.items(), key=_age) if one.closed_at is None)

    def save(self, incidents: Sequence[Incident]) -> None:
        """Store incidents; one with the same key and `opened_at` is replaced."""
        with self._lock:
            self._records |= {(one.opened_at, one.key): one for one in incidents}

    def latest(self, count: int) -> tuple[Incident, ...]:
        """Return the last ones, newest first."""
        with self._lock:
            return tuple(one for _, one in sorted(self._records.items(), key=_age, reverse=True))[:count]

    def forget_before(self, instant: datetime) -> int:
        """Drop incidents closed before `instant`; return how many went."""
        with self._lock:
            old = [at for at, one in self._records.items() if one.closed_at is not None and one.closed_at < instant]
            for at in old:
                del self._records[at]
        return len(old)


def _age(record: tuple[tuple[datetime, str], Incident]) -> tuple[datetime, str]:
    return record[0]
