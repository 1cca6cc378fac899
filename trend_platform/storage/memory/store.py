"""Opening an empty market in memory as a `Storage`."""

from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory.incidents import MemoryIncidents
from trend_platform.storage.memory.interests import MemoryInterests
from trend_platform.storage.memory.market import MemoryMarket
from trend_platform.storage.memory.quotes import MemoryQuotes
from trend_platform.storage.memory.runs import MemoryRuns
from trend_platform.storage.memory.universe import MemoryUniverse


def open_memory(kind: PriceKind = PriceKind.REAL) -> Storage:
    """Make an empty store for prices of `kind`; it lives as long as the object does."""
    universe = MemoryUniverse()
    return Storage(
        MemoryMarket(kind), universe, MemoryRuns(), MemoryQuotes(kind), MemoryInterests(universe), MemoryIncidents()
    )
