"""Opening an empty market in memory as a `Storage`."""

from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory.actions import MemoryActions
from trend_platform.storage.memory.coverage import MemoryCoverage
from trend_platform.storage.memory.economy import MemoryEconomy
from trend_platform.storage.memory.incidents import MemoryIncidents
from trend_platform.storage.memory.interests import MemoryInterests
from trend_platform.storage.memory.market import MemoryMarket
from trend_platform.storage.memory.measures import MemoryMetrics, MemoryScores
from trend_platform.storage.memory.news import MemoryNews
from trend_platform.storage.memory.posts import MemoryPosts
from trend_platform.storage.memory.purse import MemoryPurse
from trend_platform.storage.memory.quarantine import MemoryQuarantine
from trend_platform.storage.memory.quotes import MemoryQuotes
from trend_platform.storage.memory.repairs import MemoryRepairs
from trend_platform.storage.memory.rollups import MemoryRollups
from trend_platform.storage.memory.runs import MemoryRuns
from trend_platform.storage.memory.universe import MemoryUniverse


def open_memory(kind: PriceKind = PriceKind.REAL) -> Storage:
    """Make an empty store for prices of `kind`; it lives as long as the object does."""
    universe = MemoryUniverse()
    market = MemoryMarket(kind)
    return Storage(
        market,
        universe,
        MemoryRuns(),
        MemoryQuotes(kind),
        MemoryInterests(universe),
        MemoryIncidents(),
        MemoryEconomy(),
        MemoryNews(),
        MemoryPosts(),
        MemoryPurse(),
        MemoryScores(),
        MemoryMetrics(),
        MemoryRollups(market),
        MemoryActions(market),
        MemoryCoverage(market),
        MemoryRepairs(market),
        MemoryQuarantine(market),
    )
