"""The cache of range series as a dictionary: for tests, and for a process that runs without Redis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trend_platform.domain.clock import Clock
from trend_platform.domain.ranges import Range

_LIFETIME, _MAX_LIFETIME = timedelta(seconds=300), timedelta(seconds=3600)


@dataclass(slots=True)
class MemorySeriesCache:
    """The `SeriesCache` port in memory, with the lifetimes of the Redis one.

    Attributes:
        clock: The time.
        is_down: Set it to see how readers and writers do without a cache.
    """

    clock: Clock
    is_down: bool = False
    _kept: dict[tuple[str, Range], tuple[datetime, bytes]] = field(default_factory=dict)

    def get(self, symbol: str, range_: Range) -> bytes | None:
        """Return the JSON of a range, `None` where it is absent, too old, or the cache is down."""
        until, value = self._kept.get((symbol, range_), (None, b""))
        return None if self.is_down or until is None or self.clock.now() >= until else value

    def put(self, series: Mapping[tuple[str, Range], bytes]) -> int:
        """Store many; return how many were skipped because the cache is down."""
        if self.is_down:
            return len(series)
        now = self.clock.now()
        for (symbol, range_), value in series.items():
            lifetime = _MAX_LIFETIME if range_ is Range.MAX else _LIFETIME
            self._kept[symbol, range_] = (now + lifetime, value)
        return 0

    def forget(self, symbols: Sequence[str]) -> None:
        """Drop all ranges of these symbols."""
        if not self.is_down:
            self._kept = {key: kept for key, kept in self._kept.items() if key[0] not in symbols}

    def close(self) -> None:
        """Release nothing: there is nothing to release."""
