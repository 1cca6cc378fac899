"""The cache of latest prices as a dictionary: for tests, and for a process that runs without Redis."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from trend_platform.domain.clock import Clock

_LIFETIME: Final = timedelta(seconds=60)


@dataclass(slots=True)
class MemoryPriceCache:
    """The `PriceCache` port in memory, with the lifetime of the Redis one.

    Attributes:
        clock: The time.
        is_down: Set it to see how readers and writers do without a cache.
        published: What subscribers of `prices` would have got, oldest first.
    """

    clock: Clock
    is_down: bool = False
    published: list[bytes] = field(default_factory=list)
    _kept: dict[str, tuple[datetime, bytes]] = field(default_factory=dict)

    def get(self, symbols: Sequence[str]) -> Mapping[str, bytes]:
        """Return the JSON of those that are there and not too old; none where the cache is down."""
        if self.is_down:
            return {}
        now, there = self.clock.now(), [symbol for symbol in symbols if symbol in self._kept]
        return {symbol: self._kept[symbol][1] for symbol in there if now < self._kept[symbol][0]}

    def put(self, prices: Mapping[str, bytes]) -> int:
        """Store and publish many; return how many were skipped because the cache is down."""
        if self.is_down:
            return len(prices)
        until = self.clock.now() + _LIFETIME
        self._kept |= {symbol: (until, value) for symbol, value in prices.items()}
        self.published.extend(prices.values())
        return 0

    def forget_others(self, keep: Collection[str]) -> int:
        """Drop the price of every symbol that is not in `keep`; return how many went."""
        others = [] if self.is_down else [symbol for symbol in self._kept if symbol not in keep]
        for symbol in others:
            del self._kept[symbol]
        return len(others)

    def close(self) -> None:
        """Release nothing: there is nothing to release."""
