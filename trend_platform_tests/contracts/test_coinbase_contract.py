"""Coinbase keeps the provider contract, over an in-process transport in its own shape: newest first, 300 a call."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import CoinbaseSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.walks import walked_candles

_FIRST, _DAYS = date(2023, 1, 1), 700
_INTERVAL = days(_FIRST, _FIRST + timedelta(days=_DAYS - 1))
_TRADED_AT = "2024-11-30T23:59:31.887000Z"


def _pair(number: int, symbol: str) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def _case() -> Case:
    return Case(
        instrument=_pair(3, "BTC-USD"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2022, 12, 1), date(2022, 12, 5)),
        unknown=_pair(4, "NOSUCH-USD"),
        truth=walked_candles(_INTERVAL.start, timedelta(days=1), _DAYS),
    )


def _quote_case() -> QuoteCase:
    # A product's price follows from its name.
    told = datetime(2024, 11, 30, 23, 59, 31, 887_000, tzinfo=UTC)
    truth = pl.DataFrame({"instrument_id": [3], "price": [7.25], "quoted_at": [told]})
    many = tuple(_pair(30 + number, f"C{number}-USD") for number in range(3))
    return QuoteCase(truth, (_pair(3, "BTC-USD"),), _pair(4, "NOSUCH-USD"), many, calls=3)


@dataclass(slots=True)
class CoinbaseSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_INTERVAL.end + timedelta(days=5)))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = CoinbaseSettings(
            base_url="http://coinbase.test",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        starts: list[str] = []

        def is_later_page(request: httpx.Request) -> bool:
            starts.append(request.url.params.get("start", ""))
            return starts[-1] != starts[0] or "C2-USD" in request.url.path

        transport = FaultTransport(self._answer, fault, is_later_page=is_later_page, rows_key="")
        return open_provider("coinbase", ProvidersSettings(coinbase=settings), self.clock, transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert SECRET not in str(request.headers)
        _, product, what = request.url.path.strip("/").split("/")
        if product == self.case.unknown.symbol:
            return httpx.Response(404, json={"message": "NotFound"})
        if what == "ticker":
            told = {"price": f"{len(product)}.25000000", "size": "0.5", "bid": "1", "ask": "2", "time": _TRADED_AT}
            return httpx.Response(200, json=told)
        return self._candles(request)

    def _candles(self, request: httpx.Request) -> httpx.Response:
        assert request.url.params["granularity"] == "86400"
        first, last = (datetime.fromisoformat(request.url.params[name]) for name in ("start", "end"))
        if (last - first) / timedelta(days=1) > 300:
            said = "granularity too small for the requested time range. Count of aggregations requested exceeds 300"
            return httpx.Response(400, json={"message": said})
        rows = self.case.truth.filter(pl.col("opened_at").is_between(first, last)).sort("opened_at", descending=True)
        shaped = rows.select(pl.col("opened_at").dt.epoch("s"), "low", "high", "open", "close", pl.lit(1.5))
        return httpx.Response(200, content=orjson.dumps([list(row) for row in shaped.iter_rows()]))


class TestCoinbaseContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return CoinbaseSubject()


class TestCoinbaseQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return CoinbaseSubject()
