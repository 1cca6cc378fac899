"""Providers of real prices for tests of fallback: each sells the same made-up candles under its own name, its own way."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.candles import Basis, as_candles, empty_candles
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quotes import QUOTE_SCHEMA
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.breaker import Breakers
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, QuoteAnswer, SplitAnswer
from trend_platform.providers.watching import tell_attempt
from trend_platform.storage.base import Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache

AS_OF = date(2026, 2, 27)
NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)


@dataclass
class Stall:
    """One provider.

    Attributes:
        name: Its name, told in each row.
        failure: What every question ends in; `None` serves.
        basis: What its prices mean.
        classes: What it serves.
        reach_back: The earliest stamp it has.
        scale: What its prices are multiplied with.
        lacks: Days it has no candle of.
        slow_seconds: How long an answer takes.
        splits_told: A split frame; `None` cannot tell splits.
        label: What its rows say of themselves instead of the truth.
        asked: Symbols of each question for candles.
    """

    name: str
    failure: ProviderError | None = None
    basis: Basis = Basis.RAW
    classes: frozenset[AssetClass] = frozenset({AssetClass.STOCK, AssetClass.CRYPTO})
    reach_back: datetime | None = None
    scale: float = 1.0
    lacks: frozenset[date] = frozenset()
    slow_seconds: float = 0.0
    splits_told: pl.DataFrame | None = None
    label: dict[str, object] = field(default_factory=dict)
    concurrency: int = 1
    asked: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            asset_classes=self.classes,
            timeframes=frozenset({Timeframe.D1}),
            basis=self.basis,
            concurrency=self.concurrency,
            has_splits=self.splits_told is not None,
            quotes=self.classes,
            symbols_per_quote_call=None,
        )

    def symbol_of(self, instrument: Instrument) -> str | None:
        return instrument.symbol

    def reach(self, *_: object) -> datetime | None:
        return self.reach_back

    async def candles(self, request: CandleRequest) -> Answer:
        self.asked += [one.symbol for one in request.instruments]
        await self._answer()
        frames = [self._candles(one, request.interval) for one in request.instruments]
        return Answer(pl.concat([empty_candles(), *frames]), request.interval, 1, evidence=f"{self.name}: 1 call")

    async def splits(self, *_: object) -> SplitAnswer:
        await self._answer()
        return SplitAnswer(empty_splits() if self.splits_told is None else self.splits_told, 1)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        self.quoted += [one.symbol for one in instruments]
        await self._answer()
        rows = [(one.instrument_id, NOW, self.name, 100.0 * self.scale) for one in instruments]
        names = ("instrument_id", "quoted_at", "provider", "price")
        frame = pl.DataFrame([dict(zip(names, row, strict=True)) | {"fetched_at": NOW} for row in rows])
        filled = frame.with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in QUOTE_SCHEMA.items() if name not in frame.columns
        )
        return QuoteAnswer(filled.select(pl.col(name).cast(dtype) for name, dtype in QUOTE_SCHEMA.items()), 1)

    async def close(self) -> None:
        pass

    async def _answer(self) -> None:
        await asyncio.sleep(self.slow_seconds)
        tell_attempt(self.slow_seconds, self.failure)
        if self.failure is not None:
            await asyncio.sleep(0)
            error = type(self.failure)(*self.failure.args)
            error.calls = 1
            raise error

    def _candles(self, instrument: Instrument, interval: Interval) -> pl.DataFrame:
        start = max(interval.start, self.reach_back) if self.reach_back else interval.start
        opens = get_calendar(instrument.calendar).candle_opens(Timeframe.D1, Interval(start, max(start, interval.end)))
        kept = np.array([at for at in opens if from_us(at).date() not in self.lacks], dtype=np.int64)
        # Each instrument has a walk of its own: candles of another symbol would be found out.
        level = 100 + 10 * np.sin(kept / 86_400e6 + instrument.instrument_id) + kept // 86_400_000_000 % 3
        close = level * self.scale
        frame = pl.DataFrame(
            {
                "instrument_id": np.full(len(kept), instrument.instrument_id),
                "opened_at": pl.Series(kept).cast(pl.Datetime("us", "UTC")),
                "open": close,
                "high": close + 1,
                "low": close - 1,
                "close": close,
                "volume": np.full(len(kept), 9.0),
            }
        )
        said = {"timeframe": "1d", "provider": self.name, "basis": self.basis.value, "is_final": True, **self.label}
        return as_candles(
            frame.with_columns(*(pl.lit(value).alias(name) for name, value in said.items()), fetched_at=NOW)
        )


@dataclass
class Bazaar:
    """Stores in memory for real prices, where several providers are at hand."""

    storage: Storage = field(default_factory=open_memory)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    policy: IngestPolicy = field(default_factory=lambda: IngestPolicy(return_seconds=0.0))
    breakers: Breakers = field(default_factory=Breakers)

    def workshop(self, *stalls: Stall, **policy: object) -> Workshop:
        cache, prices = MemorySeriesCache(self.clock), MemoryPriceCache(self.clock)
        workshop = Workshop(self.storage, cache, prices, stalls, self.clock, replace(self.policy, **policy))
        return replace(workshop, breakers=self.breakers)

    def add(self, *symbols: str) -> tuple[Instrument, ...]:
        return add_symbols(self.storage.universe, symbols)

    def backfill(self, *stalls: Stall, range_: Range = Range.M1, refresh: bool = False, **policy: object) -> Outcome:
        workshop = self.workshop(*stalls, **policy)
        outcome = drive(workshop, run(workshop, wanted_of(workshop, [range_], (), AS_OF, refresh=refresh)))
        assert outcome.adds_up, outcome.as_dict()
        return outcome

    def rows(self, symbol: str = "AAPL") -> pl.DataFrame:
        (instrument,) = (one for one in self.storage.universe.instruments() if one.symbol == symbol)
        everything = Interval(datetime(1990, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
        return self.storage.market.candles([instrument.instrument_id], Timeframe.D1, everything)

    def senders(self, symbol: str = "AAPL") -> set[str]:
        return set(self.rows(symbol)["provider"])
