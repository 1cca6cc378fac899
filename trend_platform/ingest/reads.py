"""How reads through the cache went, counted by kind: in this process, for as long as it lives, whatever thread reads."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock


class ReadKind(StrEnum):
    """How one value was found; all but `hit` cost a look into the database."""

    HIT = "hit"
    MISS = "miss"
    CORRUPT = "corrupt"
    FOREIGN = "foreign"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """How many values were read in which way.

    Attributes:
        hits: The cache had them.
        misses: The cache did not have them, or no longer.
        corrupt: What the cache had could not be read, or had another shape.
        foreign: What the cache had was another symbol's or another range's.
        down: The cache did not answer.
    """

    hits: int = 0
    misses: int = 0
    corrupt: int = 0
    foreign: int = 0
    down: int = 0

    @property
    def from_database(self) -> int:
        """Return how many were answered by the database."""
        return self.misses + self.corrupt + self.foreign + self.down

    def as_dict(self) -> Mapping[str, int]:
        """Return the counts by name."""
        names = ("hits", "misses", "corrupt", "foreign", "down")
        return {name: int(getattr(self, name)) for name in names}


@dataclass(slots=True)
class ReadTally:
    """The running count; any number of threads may count at once."""

    _counts: Counter[ReadKind] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def count(self, kinds: Iterable[ReadKind]) -> None:
        """Count one read of each of `kinds`."""
        with self._lock:
            self._counts.update(kinds)

    def counts(self) -> ReadCounts:
        """Return the count so far."""
        with self._lock:
            seen = Counter(self._counts)
        return ReadCounts(
            seen[ReadKind.HIT],
            seen[ReadKind.MISS],
            seen[ReadKind.CORRUPT],
            seen[ReadKind.FOREIGN],
            seen[ReadKind.DOWN],
        )
