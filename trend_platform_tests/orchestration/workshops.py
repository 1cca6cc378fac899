"""A workshop in memory behind the simulated provider, and Dagster runs over it: what the tests of the assets stand on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UnavailableError
from trend_platform.ingest.reads import ReadTally
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import IngestPolicy, Workshop
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.partitions import tags_for
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, QuoteAnswer, SplitAnswer
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.providers.sources import ReadySources, Sources
from trend_platform.settings import FaultSettings, Settings, SimulatedSettings
from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
SYMBOLS = ("AAPL", "SPY", "BTC-USD")


@dataclass(slots=True)
class Overheard:
    """The simulated provider, and everything it was asked for."""

    inner: SimulatedProvider
    asked: list[CandleRequest]
    quoted: list[tuple[str, ...]]

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    def symbol_of(self, instrument: Instrument) -> str | None:
        return self.inner.symbol_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:
        return self.inner.reach(instrument, timeframe, now)

    async def candles(self, request: CandleRequest) -> Answer:
        self.asked.append(request)
        return await self.inner.candles(request)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        return await self.inner.splits(instruments, interval)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        self.quoted.append(tuple(one.symbol for one in instruments))
        return await self.inner.quotes(instruments)

    async def close(self) -> None:
        await self.inner.close()


@dataclass(slots=True)
class MemoryWorkshops:
    """A source of workshops over one store in memory.

    Attributes:
        faults: What goes wrong at the provider.
        away: How many times opening fails before the database is back.
        channel_is_down: Whether messages to people get lost.
        sources: Who tells of what is no price.
        chosen: The settings; by default those of a small universe.
    """

    faults: tuple[FaultSettings, ...] = ()
    away: int = 0
    channel_is_down: bool = False
    told: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    asked: list[CandleRequest] = field(default_factory=list)
    quoted: list[tuple[str, ...]] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    storage: Storage = field(default_factory=lambda: open_memory(PriceKind.SIMULATED))
    sources: Sources = field(default_factory=ReadySources)
    chosen: Settings | None = None
    cache: MemorySeriesCache = field(init=False)
    prices: MemoryPriceCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache, self.prices = MemorySeriesCache(self.clock), MemoryPriceCache(self.clock)

    def settings(self) -> Settings:
        return self.chosen or Settings(universe=SYMBOLS)

    @contextmanager
    def open(self, provider: str | None = None) -> Iterator[Workshop]:
        self._come_back()
        overheard = Overheard(
            SimulatedProvider(SimulatedSettings(faults=self.faults), self.clock), self.asked, self.quoted
        )
        yield self._workshop(overheard).with_provider(provider)

    @contextmanager
    def read(self) -> Iterator[Workshop]:
        self._come_back()
        yield self._workshop()

    def market_database(self) -> SecretStr:
        raise AssertionError("there is none in memory")

    def dagster_database(self) -> SecretStr:
        raise AssertionError("there is none in memory")

    def messenger(self) -> "MemoryWorkshops":
        return self

    @property
    def channels(self) -> tuple[str, ...]:
        return ("memory (1)",)

    def tell(self, title: str, body: str) -> tuple[str, ...]:
        if self.channel_is_down:
            return self.channels
        self.told.append(title)
        self.bodies.append(body)
        return ()

    def activate(self, *symbols: str) -> None:
        """Put symbols on the overview, and into the universe if need be."""
        self.storage.interests.show(add_symbols(self.storage.universe, symbols))

    def _workshop(self, *providers: Overheard) -> Workshop:
        reads, policy = ReadTally(), IngestPolicy()
        return Workshop(
            self.storage, self.cache, self.prices, providers, self.clock, policy, reads, sources=self.sources
        )

    def _come_back(self) -> None:
        if self.away:
            self.away -= 1
            raise UnavailableError("the database does not answer: run `trend up`")


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run."""

    instance: dg.DagsterInstance
    result: dg.ExecuteInProcessResult

    def materializations(self, asset: str) -> dict[str | None, Mapping[str, dg.MetadataValue]]:
        return {
            event.partition: event.materialization.metadata
            for event in self.result.get_asset_materialization_events()
            if event.asset_key == dg.AssetKey(asset)
        }

    def check(self, name: str) -> dg.AssetCheckEvaluation:
        (found,) = (one for one in self.result.get_asset_check_evaluations() if one.check_name == name)
        return found

    def failure(self, step: str) -> str:
        data = self.result.failure_data_for_node(step)
        assert data is not None
        if data.user_failure_data is not None and data.user_failure_data.description:
            return data.user_failure_data.description
        assert data.error is not None
        return data.error.message


def launch(
    workshops: MemoryWorkshops,
    instance: dg.DagsterInstance,
    first: Range = Range.D7,
    last: Range = Range.D7,
    assets: Sequence[str] = ("instruments", "historical_candles", "range_series"),
    config: Mapping[str, Mapping[str, object]] | None = None,
) -> Ran:
    """Run assets over a stretch of ranges in this process, as a run of Dagster would."""
    job = build_defs({"workshops": workshops}).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(asset) for asset in assets],
        tags=tags_for(first, last),
        run_config={"ops": {asset: {"config": dict(values)} for asset, values in (config or {}).items()}},
        raise_on_error=False,
    )
    return Ran(instance, result)
