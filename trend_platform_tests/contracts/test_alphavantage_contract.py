"""Alpha Vantage keeps the provider contract, over an in-process transport in its own shapes, with its key in the query."""

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
from trend_platform.settings import AlphaVantageSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import AAPL, BERKSHIRE, UNKNOWN, dated, made_up

_INTERVAL = days(date(2024, 1, 2), date(2024, 4, 12))
_TAPE = made_up(_INTERVAL)
_PRICES = {"AAPL": 172.5, "BRK-B": 405.25}
_UNKNOWN = {"Error Message": "Invalid API call. Please retry or visit the documentation for TIME_SERIES_DAILY."}
# A series comes in one call: there is no page to fail or to come late.
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
    closed = datetime(2024, 4, 12, 20, tzinfo=UTC)
    truth = pl.DataFrame({"instrument_id": [7], "price": [172.5], "quoted_at": [closed], "previous_close": [171.5]})
    return QuoteCase(truth, (AAPL,), UNKNOWN, (AAPL, BERKSHIRE), calls=2)


@dataclass(slots=True)
class AlphaVantageSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 4, 15, 12, tzinfo=UTC)))
    faults: frozenset[WireFault] = _FAULTS

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = AlphaVantageSettings(
            base_url="http://alphavantage.test",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )

        def is_later(request: httpx.Request) -> bool:
            return request.url.params["symbol"] == "BRK-B"

        transport = FaultTransport(_serve, fault, is_later_page=is_later, key_in_query=True)
        return open_provider("alphavantage", ProvidersSettings(alphavantage=settings), self.clock, transport)


def _serve(request: httpx.Request) -> httpx.Response:
    params = request.url.params
    assert (request.url.path, params["apikey"]) == ("/query", SECRET)
    serve = {"TIME_SERIES_DAILY": _series, "GLOBAL_QUOTE": _quote}[params["function"]]
    return httpx.Response(200, content=orjson.dumps(serve(params["symbol"])))


def _series(symbol: str) -> dict[str, object]:
    if symbol != "AAPL":
        return dict(_UNKNOWN)
    rows = dated(_TAPE, "2024-01-01", "2024-12-31")[-100:][::-1]
    names = ("open", "high", "low", "close")
    series = {
        str(row["date"]): {**{f"{n}. {name}": f"{row[name]:.4f}" for n, name in enumerate(names, 1)}, "5. volume": "7"}
        for row in rows
    }
    return {"Meta Data": {"2. Symbol": "AAPL", "5. Time Zone": "US/Eastern"}, "Time Series (Daily)": series}


def _quote(symbol: str) -> dict[str, object]:
    price = _PRICES.get(symbol)
    if price is None:
        return {"Global Quote": {}}
    told = {"01. symbol": symbol, "05. price": f"{price:.4f}", "07. latest trading day": "2024-04-12"}
    return {"Global Quote": {**told, "08. previous close": f"{price - 1:.4f}"}}


class TestAlphaVantageContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return AlphaVantageSubject()


class TestAlphaVantageQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return AlphaVantageSubject()
