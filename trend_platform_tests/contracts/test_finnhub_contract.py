"""Finnhub keeps the provider contract, over an in-process transport in its own shapes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FinnhubSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import AAPL, BERKSHIRE, UNKNOWN, made_up

_INTERVAL = days(date(2024, 1, 2), date(2024, 4, 12))
_TAPE = made_up(_INTERVAL)
_QUOTED_AT = 1_712_952_000
_PRICES = {"AAPL": 308.82, "BRK.B": 512.5}
# A day comes in one call: there is no page to fail or to come late.
_FAULTS = frozenset(WireFault) - {WireFault.PAGE_FAILS, WireFault.LATE_PAGE}


def _case() -> Case:
    return Case(
        instrument=AAPL,
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2024, 1, 13), date(2024, 1, 15)),
        unknown=UNKNOWN,
        truth=_TAPE,
    )


def _quote_case() -> QuoteCase:
    at = datetime.fromtimestamp(_QUOTED_AT, UTC)
    truth = pl.DataFrame({"instrument_id": [7], "price": [308.82], "quoted_at": [at], "previous_close": [307.82]})
    return QuoteCase(truth, (AAPL,), UNKNOWN, (AAPL, BERKSHIRE), calls=2)


@dataclass(slots=True)
class FinnhubSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 5, 2, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = _FAULTS

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = FinnhubSettings(
            base_url="http://finnhub.test/api/v1",
            api_key=SecretStr(SECRET),
            has_candles=True,
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        transport = FaultTransport(_serve, fault, is_later_page=lambda request: request.url.params["symbol"] == "BRK.B")
        return open_provider("finnhub", ProvidersSettings(finnhub=settings), self.clock, transport)


def _serve(request: httpx.Request) -> httpx.Response:
    assert request.headers["x-finnhub-token"] == SECRET
    params = request.url.params
    serve = {"/api/v1/quote": _quote, "/api/v1/stock/candle": _candles}[request.url.path]
    return httpx.Response(200, content=orjson.dumps(serve(params)))


def _quote(params: httpx.QueryParams) -> dict[str, object]:
    price = _PRICES.get(params["symbol"])
    if price is None:
        return {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
    return {"c": price, "d": 1.0, "dp": 0.3, "h": price, "l": price, "o": price, "pc": price - 1, "t": _QUOTED_AT}


def _candles(params: httpx.QueryParams) -> dict[str, object]:
    assert params["resolution"] == "D"
    first, last = (datetime.fromtimestamp(int(params[name]), UTC) for name in ("from", "to"))
    chosen = _TAPE.filter(pl.col("opened_at").is_between(first, last))
    if params["symbol"] != "AAPL" or chosen.is_empty():
        return {"s": "no_data"}
    arrays = {name[0]: chosen[name].to_list() for name in ("open", "high", "low", "close")}
    stamps = chosen["opened_at"].dt.epoch("s").to_list()
    return {**arrays, "v": [1000] * len(stamps), "t": stamps, "s": "ok"}


class TestFinnhubContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return FinnhubSubject()


class TestFinnhubQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return FinnhubSubject()
