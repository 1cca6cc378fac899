"""Opening an empty market in memory as a `Storage`."""

from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory.market import MemoryMarket
from trend_platform.storage.memory.runs import MemoryRuns
from trend_platform.storage.memory.universe import MemoryUniverse


def open_memory(kind: PriceKind = PriceKind.REAL) -> Storage:
    """Make an empty store for prices of `kind`; it lives as long as the object does."""
    return Storage(MemoryMarket(kind), MemoryUniverse(), MemoryRuns())
