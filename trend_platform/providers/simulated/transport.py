"""The simulated provider's server: the market behind an httpx transport, in-process, with faults on the wire.

Four calls, all GET, times in milliseconds since the epoch: `/v1/candles` (one symbol, pages), `/v1/session` (one day of
many symbols), `/v1/splits`, `/v1/quotes` (last trades of many symbols). Answers hold columns, not rows. The client's
side lives in `provider`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import numpy as np
import orjson
import polars as pl

from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.symbols import default_calendar, guess_asset_class
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.http import Sleep
from trend_platform.providers.simulated.faults import (
    QUOTE_FAULTS,
    ROW_FAULTS,
    SOURCE_FAULTS,
    WIRE_FAULTS,
    Fault,
    FaultKind,
    FaultPlan,
    spoiled,
)
from trend_platform.providers.simulated.market import Listing, SimulatedMarket
from trend_platform.providers.simulated.tape import tell_quotes

_QUOTES = "/v1/quotes"
_BREAKING = WIRE_FAULTS - {FaultKind.CUT_JSON}
_DAY = timedelta(days=1)
_PAGE_OF_HTML = b"<!DOCTYPE html><html><body><h1>Checking your browser</h1></body></html>"


class SimulatedTransport(httpx.AsyncBaseTransport):
    """Answers HTTP requests out of a simulated market.

    `latency_seconds` pass before each answer, through the injected `sleep`.
    """

    def __init__(
        self, market: SimulatedMarket, faults: FaultPlan, clock: Clock, sleep: Sleep, latency_seconds: float = 0.0
    ) -> None:
        self._market, self._faults, self._clock = market, faults, clock
        self._sleep, self._latency_seconds = sleep, latency_seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request.

        Raises:
            httpx.ReadTimeout: A planted timeout strikes.
        """
        if self._latency_seconds:
            await self._sleep(self._latency_seconds)
        routes = {
            "/v1/candles": self._candles,
            "/v1/session": self._session,
            "/v1/splits": self._splits,
            _QUOTES: self._quotes,
        }
        route = routes.get(request.url.path)
        if route is None:
            return _error(404, f"no such path: {request.url.path}")
        ask = self._ask(request)
        # Among many symbols of one call, one that is not known is absent.
        kinds = _BREAKING - QUOTE_FAULTS if request.url.path == _QUOTES else _BREAKING
        # A call strikes all of its symbols at once: else each of 500 would cost a failing call of its own to heal.
        struck = [fault for one in ask.listings for fault in self._faults.strike(kinds, one.symbol, ask.interval)]
        if struck:
            return _broken(struck[0], request)
        answer = route(ask)
        cut = [self._faults.strike({FaultKind.CUT_JSON}, listing.symbol, ask.interval) for listing in ask.listings]
        return _ok(answer.content[: len(answer.content) // 2]) if any(cut) else answer

    def _ask(self, request: httpx.Request) -> _Ask:
        query = request.url.params
        listings = [_listing(text) for text in query["instruments"].split(",")]
        timeframe = Timeframe(query.get("timeframe", Timeframe.D1.value))
        if request.url.path == _QUOTES:
            today = midnight(self._clock.now().date())
            return _Ask(listings, timeframe, Interval(today, today + _DAY), is_follow_up=False, following=None)
        interval, following = Interval(_instant(query["start"]), _instant(query["end"])), None
        if "limit" in query:
            interval, following = self._page(listings[0], timeframe, interval, int(query["limit"]))
        return _Ask(listings, timeframe, interval, query.get("page", "1") != "1", following)

    def _candles(self, ask: _Ask) -> httpx.Response:
        (listing,) = ask.listings
        if ask.is_follow_up and self._faults.strike({FaultKind.PAGE_FAILS}, listing.symbol, ask.interval):
            return _error(500, "page cannot be read")
        candles = self._served(listing, ask.timeframe, ask.interval)
        if ask.is_follow_up and self._faults.strike({FaultKind.LATE_PAGE}, listing.symbol, ask.interval):
            candles = candles.slice(1)
        return _ok(_json({"symbol": listing.symbol, **_columns(candles), "next": ask.following}))

    def _session(self, ask: _Ask) -> httpx.Response:
        frames = [
            self._served(one, ask.timeframe, ask.interval).with_columns(symbol=pl.lit(one.symbol))
            for one in ask.listings
        ]
        rows = pl.concat(frames)
        return _ok(_json({"symbol": rows["symbol"].to_list(), **_columns(rows.drop("symbol"))}))

    def _splits(self, ask: _Ask) -> httpx.Response:
        now = self._clock.now()
        told = [
            {"symbol": listing.symbol, "ex_date": split.ex_date.isoformat(), "ratio": split.ratio}
            for listing in ask.listings
            if not self._faults.strike({FaultKind.SPLIT_UNTOLD}, listing.symbol, ask.interval)
            for split in self._market.splits(listing, ask.interval, now)
        ]
        return _ok(_json({"splits": told}))

    def _quotes(self, ask: _Ask) -> httpx.Response:
        now = to_us(self._clock.now())
        return _ok(_json(tell_quotes(self._market.seed, ask.listings, self._faults, ask.interval, now)))

    def _served(self, listing: Listing, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        # The candles as the planted faults leave them.
        now = self._clock.now()
        asked, length = listing, timeframe
        for fault in self._faults.strike(SOURCE_FAULTS, listing.symbol, interval):
            if fault.kind is FaultKind.OTHER_SYMBOL:
                kind = guess_asset_class(fault.other)
                asked = Listing(fault.other, kind, default_calendar(kind))
            else:
                length = Timeframe.D1 if timeframe.is_intraday else Timeframe.H1
        candles = self._market.candles(asked, length, interval, now)
        for fault in self._faults.strike(ROW_FAULTS, listing.symbol, interval):
            candles = spoiled(candles, fault, intraday=length.is_intraday)
        return candles

    def _page(
        self, listing: Listing, timeframe: Timeframe, interval: Interval, limit: int
    ) -> tuple[Interval, int | None]:
        # The part of `interval` that fits on one page, and the stamp (ms) of the candle the next page begins with.
        stamps = self._market.stamps(listing, timeframe, interval, self._clock.now())
        if len(stamps) <= limit:
            return interval, None
        return Interval(interval.start, from_us(stamps[limit])), int(stamps[limit]) // 1000


@dataclass(frozen=True, slots=True)
class _Ask:
    # One request, read: for candles the part of the interval that fits on its page, and how the next one begins (ms).
    listings: Sequence[Listing]
    timeframe: Timeframe
    interval: Interval
    is_follow_up: bool
    following: int | None


def address(listing: Listing) -> str:
    """Return a listing as the server reads it: `AAPL:stock:XNYS`."""
    return f"{listing.symbol}:{listing.asset_class}:{listing.calendar}"


def _listing(text: str) -> Listing:
    symbol, asset_class, calendar = text.split(":")
    get_calendar(calendar)
    return Listing(symbol, AssetClass(asset_class), calendar)


def _broken(fault: Fault, request: httpx.Request) -> httpx.Response:
    match fault.kind:
        case FaultKind.TIMEOUT:
            raise httpx.ReadTimeout("planted timeout", request=request)
        case FaultKind.HTML_200:
            return httpx.Response(200, headers={"content-type": "text/html; charset=utf-8"}, content=_PAGE_OF_HTML)
        case FaultKind.HTTP_429:
            headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
            return _error(429, "too many requests", headers)
        case FaultKind.UNKNOWN_SYMBOL:
            return _error(404, "unknown symbol")
        case _:
            return _error(500, "internal error")


def _columns(candles: pl.DataFrame) -> dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
    columns = {name: np.ascontiguousarray(candles[name].to_numpy()) for name in candles.columns}
    return {**columns, "opened_at": columns["opened_at"] // 1000}


def _json(answer: dict[str, object]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def _ok(body: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "application/json"}, content=body)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> httpx.Response:
    body = _json({"error": message})
    return httpx.Response(status, headers={"content-type": "application/json", **(headers or {})}, content=body)


def _instant(milliseconds: str) -> datetime:
    return from_us(int(milliseconds) * 1000)
