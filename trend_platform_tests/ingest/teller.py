"""A provider that tells the latest prices it was given, in one call, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quotes import QUOTE_SCHEMA, as_quotes
from trend_platform.errors import NotEntitled, ProviderError
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, QuoteAnswer, SplitAnswer


class Told(NamedTuple):
    price: float | None
    quoted_at: datetime | None
    previous_close: float | None = None


@dataclass
class Teller:
    """Tells `prices`; an instrument in `failures` fails alone, `error` fails everything, `before` is awaited first."""

    clock: Clock
    name: str = "teller"
    prices: dict[str, Told] = field(default_factory=dict)
    failures: dict[str, ProviderError] = field(default_factory=dict)
    error: ProviderError | None = None
    classes: frozenset[AssetClass] = frozenset(AssetClass)
    before: Callable[[], Awaitable[object]] | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.classes, frozenset(), Basis.RAW, quotes=self.classes, symbols_per_quote_call=None)

    def symbol_of(self, instrument: Instrument) -> str | None:
        return instrument.symbol

    def reach(self, instrument: Instrument, timeframe: object, now: datetime) -> datetime | None:  # noqa: ARG002  the port asks for it
        return None

    async def candles(self, request: CandleRequest) -> Answer:  # noqa: ARG002  the port asks for it
        raise NotEntitled(self.name, "tells latest prices only")

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002  the port asks for it
        raise NotEntitled(self.name, "tells latest prices only")

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        self.asked.append(tuple(one.symbol for one in instruments))
        if self.before:
            await self.before()
        if self.error:
            raise self.error
        failed = {one.instrument_id: self.failures[one.symbol] for one in instruments if one.symbol in self.failures}
        told = {one.instrument_id: self.prices[one.symbol] for one in instruments if one.symbol in self.prices}
        told = {one: price for one, price in told.items() if one not in failed}
        absent = frozenset(one.instrument_id for one in instruments) - told.keys() - failed.keys()
        return QuoteAnswer(self._frame(told), 1, absent, failed)

    async def close(self) -> None:
        self.prices = {}

    def _frame(self, told: dict[int, Told]) -> pl.DataFrame:
        columns = {
            "instrument_id": list(told),
            "provider": [self.name] * len(told),
            "quoted_at": [one.quoted_at for one in told.values()],
            "price": [one.price for one in told.values()],
            "previous_close": [one.previous_close for one in told.values()],
            "fetched_at": [self.clock.now()] * len(told),
        }
        return as_quotes(pl.DataFrame(columns, schema={name: QUOTE_SCHEMA[name] for name in columns}))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def forever() -> None:
    await asyncio.Event().wait()
