"""A trading floor for the minute loop: stores and caches in memory, the simulated market, lists of what people look at."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import orjson

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.ranges import Range
from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FaultSettings, ProvidersSettings, SimulatedSettings
from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache


@dataclass
class Floor:
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 3, 4, 17, 10, tzinfo=UTC)))
    storage: Storage = field(default_factory=lambda: open_memory(PriceKind.SIMULATED))

    def __post_init__(self) -> None:
        self.cache = MemorySeriesCache(self.clock)
        self.prices = MemoryPriceCache(self.clock)

    def simulated(self, *faults: FaultSettings) -> Provider:
        settings = SimulatedSettings(faults=faults, max_wait_seconds=0.01, max_attempts=2)
        return open_provider("simulated", ProvidersSettings(simulated=settings), self.clock)

    def workshop(self, *providers: Provider) -> Workshop:
        return Workshop(self.storage, self.cache, self.prices, providers or (self.simulated(),), self.clock)

    def add(self, *symbols: str, calendar: str | None = None) -> tuple[Instrument, ...]:
        added = add_symbols(self.storage.universe, symbols, calendar=calendar)
        self.storage.interests.show(added)
        return added

    def hourly(self, instruments: Sequence[Instrument], *providers: Provider) -> Outcome:
        workshop = self.workshop(*providers)
        outcome = drive(workshop, refresh_hourly(workshop, instruments))
        assert outcome.adds_up, outcome.as_dict()
        return outcome

    def chart(self, symbol: str) -> bytes:
        payload = self.cache.get(symbol, Range.D1)
        assert payload is not None
        return payload

    def candles(self, symbol: str) -> list[dict[str, object]]:
        return orjson.loads(self.chart(symbol))["candles"]

    def hours(self, symbol: str) -> list[str]:
        """The stamps of a chart, a star behind those that form."""
        return [f"{one['opened_at'][8:16]}{'' if one['is_final'] else '*'}" for one in self.candles(symbol)]


class Listening:
    """A provider that passes everything on and remembers which intervals were asked of whom."""

    def __init__(self, provider: Provider) -> None:
        self._provider, self.asked = provider, []

    def __getattr__(self, name: str) -> object:
        return getattr(self._provider, name)

    async def candles(self, request: CandleRequest) -> Answer:
        self.asked += [(one.symbol, f"{request.interval.start:%d %H:%M}") for one in request.instruments]
        return await self._provider.candles(request)


class Habitual:
    """The simulated provider under another provider's habits."""

    def __init__(self, provider: Provider, **habits: object) -> None:
        self._provider = provider
        self.capabilities: Capabilities = replace(provider.capabilities, **habits)

    def __getattr__(self, name: str) -> object:
        return getattr(self._provider, name)
