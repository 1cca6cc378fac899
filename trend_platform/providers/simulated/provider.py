"""The simulated provider's client: requests become HTTP calls to `SimulatedTransport`, answers become candle frames.

It speaks through the same HTTP client and page walk as every real provider, so that planted faults are met where real
ones are. The market itself lives in `market`, what goes wrong in `faults`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
import polars as pl

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.domain.candles import Basis, empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Malformed, NothingThere
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, Route, SplitAnswer
from trend_platform.providers.http import HttpClient, Sleep
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.quoting import ask_parts, check_kinds, read_rows
from trend_platform.providers.simulated.faults import FaultPlan
from trend_platform.providers.simulated.market import Listing, SimulatedMarket
from trend_platform.providers.simulated.profiles import SIMULATED_CLASSES
from trend_platform.providers.simulated.transport import SimulatedTransport, address
from trend_platform.providers.simulated.wire import (
    NAME,
    candles_of_many,
    candles_of_one,
    check_granularity,
    classify,
    columns_of,
    document_of,
    quote_rows,
    split_frame,
)
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import open_client
from trend_platform.settings import SimulatedSettings
from trend_platform.wording import counted

_INSTRUMENTS_PER_CALL = 200
_QUOTES_PER_CALL = 500
_TIMEFRAMES = frozenset(timeframe for timeframe in Timeframe if timeframe.is_intraday) | {Timeframe.D1}


def open_simulated(
    settings: SimulatedSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "SimulatedProvider":
    """Return the provider, ready to be asked, and unless another `transport` is given the market it talks to.

    Raises:
        ConfigurationError: A planted fault cannot be read.
    """
    return SimulatedProvider(settings, clock, transport)


class SimulatedProvider:
    """Prices of a made-up market, the same for a seed on every machine; never to be mixed with real ones."""

    def __init__(
        self,
        settings: SimulatedSettings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Make the provider and, unless another `transport` is given, the market it talks to.

        Raises:
            ConfigurationError: A planted fault cannot be read.
        """
        self._settings, self._clock = settings, clock
        server = transport or SimulatedTransport(
            SimulatedMarket(settings.seed), FaultPlan(settings.faults), clock, sleep, settings.latency_seconds
        )
        self._http = open_client(NAME, settings, classify, self.capabilities.quotas, clock, transport=server)

    @property
    def name(self) -> str:
        """Return `simulated`."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked: everything but indices and commodities, by the day and within it."""
        rate = self._settings.rate_per_minute
        return Capabilities(
            asset_classes=SIMULATED_CLASSES,
            timeframes=_TIMEFRAMES,
            basis=Basis.RAW,
            by_session=frozenset({AssetClass.STOCK, AssetClass.ETF}),
            candles_per_call=self._settings.candles_per_page,
            quotas=() if rate is None else (Quota(rate, 60.0),),
            concurrency=self._settings.concurrency,
            seconds_per_call=self._settings.latency_seconds + 0.005,
            has_splits=True,
            quotes=SIMULATED_CLASSES,
            symbols_per_quote_call=_QUOTES_PER_CALL,
        )

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return the canonical symbol; `None` for classes that are not simulated."""
        return instrument.symbol if instrument.asset_class in SIMULATED_CLASSES else None

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return `None`: it reaches back to every listing."""
        return None

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch candles.

        Raises:
            ProviderError: The first page failed.
        """
        if request.route is Route.BY_SESSION:
            return await self._by_session(request)
        return await self._by_symbol(request)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits whose first session lies in `interval`.

        Raises:
            ProviderError: A call failed.
        """
        frames, calls = [empty_splits()], 0
        for asked in _in_parts(instruments):
            got = await self._http.get("/v1/splits", _query(asked, interval))
            calls += got.calls
            frames.append(split_frame(document_of(got).get("splits"), asked))
        return SplitAnswer(pl.concat(frames).sort("instrument_id", "ex_date"), calls)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of `instruments`, 500 a call.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of a kind that is not simulated.
        """
        check_kinds(NAME, instruments, SIMULATED_CLASSES)
        return await ask_parts(_in_parts(instruments, _QUOTES_PER_CALL), self._ask_quotes)

    async def close(self) -> None:
        """Release connections; the provider is not used afterwards."""
        await self._http.close()

    async def _ask_quotes(self, part: Sequence[Instrument]) -> QuoteAnswer:
        got = await self._http.get("/v1/quotes", {"instruments": _addresses(part)})
        with counting(got.calls):
            rows = quote_rows(document_of(got), part)
        return read_rows(NAME, rows, part, self._clock.now(), got.calls)

    async def _by_symbol(self, request: CandleRequest) -> Answer:
        (instrument,) = request.instruments
        source = _Series(self._http, instrument, request, self._settings.candles_per_page, self._clock.now())
        calendar = get_calendar(instrument.calendar)
        try:
            walk = await walk_pages(
                NAME, source, request.interval, lambda part: calendar.candle_opens(request.timeframe, part)
            )
        except NothingThere as fact:
            absent = frozenset({instrument.instrument_id})
            return Answer(empty_candles(), request.interval, fact.calls, nothing_there=absent, evidence=str(fact))
        return walk.answer()

    async def _by_session(self, request: CandleRequest) -> Answer:
        now, calls, frames = self._clock.now(), 0, [empty_candles()]
        for asked in _in_parts(request.instruments):
            query = {**_query(asked, request.interval), "timeframe": request.timeframe.value}
            got = await self._http.get("/v1/session", query)
            calls += got.calls
            rows = columns_of(document_of(got), "symbol")
            frames.append(candles_of_many(rows, asked, request.timeframe, now))
        inside = pl.col("opened_at").is_between(request.interval.start, request.interval.end, closed="left")
        candles = pl.concat(frames).filter(inside).sort("instrument_id", "opened_at", maintain_order=True)
        return Answer(
            candles, request.interval, calls, evidence=f"{counted(calls, 'call')}, {counted(candles.height, 'row')}"
        )


@dataclass(frozen=True, slots=True)
class _Series:
    # One instrument's candles, page by page; a token is the stamp (ms) with which the following page begins.
    http: HttpClient
    instrument: Instrument
    request: CandleRequest
    limit: int
    now: datetime

    async def first(self, interval: Interval) -> Page:
        return await self._page(interval, 1)

    async def following(self, token: str) -> Page:
        return await self._page(Interval(from_us(int(token) * 1000), self.request.interval.end), 2)

    async def _page(self, interval: Interval, number: int) -> Page:
        instrument, timeframe = self.instrument, self.request.timeframe
        query = {**_query((instrument,), interval), "timeframe": timeframe.value, "limit": self.limit, "page": number}
        got = await self.http.get("/v1/candles", query)
        document = document_of(got)
        if document.get("symbol") != instrument.symbol:
            raise Malformed(NAME, f"asked for {instrument.symbol}, got candles of {document.get('symbol')!r}")
        rows = columns_of(document)
        check_granularity(rows["opened_at"], timeframe, get_calendar(instrument.calendar))
        candles = candles_of_one(rows, instrument, timeframe, self.now)
        following = document.get("next")
        return Page(candles, None if following is None else str(following), got.calls)


def _in_parts(instruments: Sequence[Instrument], most: int = _INSTRUMENTS_PER_CALL) -> list[tuple[Instrument, ...]]:
    return [tuple(instruments[start : start + most]) for start in range(0, len(instruments), most)]


def _addresses(instruments: Sequence[Instrument]) -> str:
    return ",".join(address(Listing(one.symbol, one.asset_class, one.calendar)) for one in instruments)


def _query(instruments: Sequence[Instrument], interval: Interval) -> dict[str, str | int | float]:
    return {
        "instruments": _addresses(instruments),
        "start": to_us(interval.start) // 1000,
        "end": to_us(interval.end) // 1000,
    }
