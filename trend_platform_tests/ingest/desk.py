"""A desk to run ingests at: stores in memory, the simulated market, a clock that stands still."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.ingest.backfill import Backfilled, backfill, wanted_of
from trend_platform.ingest.reads import ReadTally
from trend_platform.ingest.tally import OnProgress
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FaultSettings, ProvidersSettings, SimulatedSettings
from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache

AS_OF = date(2026, 2, 27)


@dataclass
class Desk:
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 3, 4, 22, 30, tzinfo=UTC)))
    storage: Storage = field(default_factory=lambda: open_memory(PriceKind.SIMULATED))
    policy: IngestPolicy = IngestPolicy()

    def __post_init__(self) -> None:
        self.cache = MemorySeriesCache(self.clock)
        self.prices = MemoryPriceCache(self.clock)
        self.reads = ReadTally()

    def simulated(self, *faults: FaultSettings) -> Provider:
        settings = SimulatedSettings(faults=faults, max_wait_seconds=0.01, max_attempts=2)
        return open_provider("simulated", ProvidersSettings(simulated=settings), self.clock)

    def workshop(self, *providers: Provider) -> Workshop:
        at_hand = providers or (self.simulated(),)
        return Workshop(self.storage, self.cache, self.prices, at_hand, self.clock, self.policy, self.reads)

    def add(self, *symbols: str) -> None:
        add_symbols(self.storage.universe, symbols)

    def backfill(
        self,
        *ranges: Range,
        symbols: tuple[str, ...] = (),
        faults: tuple[FaultSettings, ...] = (),
        refresh: bool = False,
        as_of: date = AS_OF,
        on_progress: OnProgress | None = None,
    ) -> Backfilled:
        workshop = self.workshop(self.simulated(*faults))
        wanted = wanted_of(workshop, ranges, symbols, as_of, refresh=refresh)
        return drive(workshop, backfill(workshop, wanted, on_progress))
