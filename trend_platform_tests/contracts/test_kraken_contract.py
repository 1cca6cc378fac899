"""Kraken keeps the provider contract, over an in-process transport in its own shape: the newest 720, errors with status 200."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import KrakenSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.walks import walked_candles

_FIRST, _DAYS = date(2024, 1, 1), 600
_INTERVAL = days(_FIRST, _FIRST + timedelta(days=_DAYS - 1))
_OWN = {"XBTUSD": "XXBTZUSD", "XDGUSD": "XDGUSD", **{f"C{number}USD": f"C{number}USD" for number in range(101)}}
_TOLD_AT = datetime(2025, 8, 22, 23, 59, 31, tzinfo=UTC)


def _pair(number: int, symbol: str) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def _case() -> Case:
    return Case(
        instrument=_pair(3, "BTC-USD"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2023, 12, 1), date(2023, 12, 5)),
        unknown=_pair(4, "NOSUCH-USD"),
        truth=walked_candles(_INTERVAL.start, timedelta(days=1), _DAYS),
    )


def _quote_case() -> QuoteCase:
    # A pair's price follows from the length of its own name.
    pairs = (_pair(3, "BTC-USD"), _pair(5, "DOGE-USD"))
    truth = pl.DataFrame({"instrument_id": [3, 5], "price": [8.25, 6.25], "quoted_at": [_TOLD_AT] * 2})
    many = tuple(_pair(30 + number, f"C{number}-USD") for number in range(101))
    return QuoteCase(truth, pairs, _pair(4, "NOSUCH-USD"), many, calls=2)


@dataclass(slots=True)
class KrakenSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_INTERVAL.end + timedelta(days=5)))
    # There is one page only.
    faults: frozenset[WireFault] = frozenset(WireFault) - {WireFault.PAGE_FAILS, WireFault.LATE_PAGE}

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = KrakenSettings(
            base_url="http://kraken.test/0/public",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )

        def is_later_page(request: httpx.Request) -> bool:
            return "C100USD" in request.url.params.get("pair", "")

        transport = FaultTransport(self._answer, fault, is_later_page=is_later_page)
        return open_provider("kraken", ProvidersSettings(kraken=settings), self.clock, transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert SECRET not in str(request.headers)
        pairs = request.url.params["pair"].split(",") if "pair" in request.url.params else list(_OWN)
        if not set(pairs) <= _OWN.keys():
            return httpx.Response(200, json={"error": ["EQuery:Unknown asset pair"]})
        if request.url.path == "/0/public/Ticker":
            told = {_OWN[pair]: _ticker(_OWN[pair]) for pair in pairs}
            headers = {"Date": _TOLD_AT.strftime("%a, %d %b %Y %H:%M:%S GMT")}
            return httpx.Response(200, headers=headers, json={"error": [], "result": told})
        assert (request.url.path, request.url.params["interval"], pairs) == ("/0/public/OHLC", "1440", ["XBTUSD"])
        begun = self.case.truth.filter(pl.col("opened_at") <= self.clock.now()).tail(720)
        rows = [
            [int(stamp.timestamp()), *(f"{price:.2f}" for price in prices), "1.0", "2.5", 3]
            for stamp, *prices in begun.iter_rows()
        ]
        return httpx.Response(200, json={"error": [], "result": {"XXBTZUSD": rows, "last": rows[-2][0]}})


def _ticker(name: str) -> dict[str, object]:
    price = f"{len(name)}.25000"
    return {"a": ["9.0", "1", "1.000"], "b": ["5.0", "1", "1.000"], "c": [price, "0.5"], "t": [1, 2], "o": "7.0"}


class TestKrakenContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return KrakenSubject()


class TestKrakenQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return KrakenSubject()
