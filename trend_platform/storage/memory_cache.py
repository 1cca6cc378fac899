"""The cache of range series as a dictionary: for tests, and for a process that runs without Redis."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trend_platform.domain.clock import Clock
from trend_platform.domain.ranges import Range

_LIFETIME = timedelta(seconds=300)
_LIFETIMES = {Range.D1: timedelta(seconds=120), Range.MAX: timedelta(seconds=3600)}


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
            self._kept[symbol, range_] = (now + _LIFETIMES.get(range_, _LIFETIME), value)
        return 0

    def forget(self, symbols: Sequence[str]) -> None:
        """Drop all ranges of these symbols."""
        if not self.is_down:
            self._kept = {key: kept for key, kept in self._kept.items() if key[0] not in symbols}

    def forget_others(self, keep: Collection[str]) -> int:
        """Drop the series of every symbol that is not in `keep`; return how many keys went."""
        others = [] if self.is_down else [key for key in self._kept if key[0] not in keep]
        for key in others:
            del self._kept[key]
        return len(others)

    def close(self) -> None:
        """Release nothing: there is nothing to release."""
