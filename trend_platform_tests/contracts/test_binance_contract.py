"""Binance keeps the provider contract, over an in-process transport that serves its own shape."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import BinanceSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject

_DAYS = 1300
_FIRST = date(2020, 1, 1)
_INTERVAL = days(_FIRST, _FIRST + timedelta(days=_DAYS - 1))
_DAY_MS = 86_400_000
_START_MS = round(midnight(_FIRST).timestamp() * 1000)
_CLOSED_MS = 1_726_000_000_123
_TRADED = {"BTCUSDT", *(f"C{number}USDT" for number in range(101))}


def _rows() -> list[list[object]]:
    rows: list[list[object]] = []
    for day in range(_DAYS):
        at, price = _START_MS + day * _DAY_MS, 40_000 + day % 97 * 11.25
        prices = [f"{price + step:.8f}" for step in (0.01, 250.5, -310.75, 12.34)]
        row = [at, *prices, "1000.50000000", at + _DAY_MS - 1, "40000000.0", 1_000 + day, "1.0", "2.0", "0"]
        rows.append(row)
    return rows


_ROWS = _rows()


def _truth() -> pl.DataFrame:
    return pl.DataFrame(
        [(datetime.fromtimestamp(int(str(row[0])) / 1000, UTC), *(float(str(p)) for p in row[1:5])) for row in _ROWS],
        schema={"opened_at": pl.Datetime("us", "UTC"), **dict.fromkeys(("open", "high", "low", "close"), pl.Float64())},
        orient="row",
    )


def _coin(number: int, symbol: str) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def _case() -> Case:
    return Case(
        instrument=_coin(3, "BTC-USD"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2019, 12, 1), date(2019, 12, 5)),
        unknown=_coin(4, "NOSUCHCOIN-USD"),
        truth=_truth(),
    )


def _quote_case() -> QuoteCase:
    truth = pl.DataFrame(
        {
            "instrument_id": [3, 30],
            "price": [len("BTCUSDT") + 0.125, len("C0USDT") + 0.125],
            "quoted_at": [datetime.fromtimestamp(_CLOSED_MS / 1000, UTC)] * 2,
        }
    )
    many = tuple(_coin(30 + number, f"C{number}-USD") for number in range(101))
    return QuoteCase(truth, (_coin(3, "BTC-USD"), many[0]), _coin(5, "NOSUCHCOIN-USD"), many, calls=2)


def _is_later(request: httpx.Request) -> bool:
    start = request.url.params.get("startTime")
    return (start is not None and int(start) > _START_MS + 900 * _DAY_MS) or '"C100USDT"' in str(
        request.url.params.get("symbols")
    )


def _serve(request: httpx.Request) -> httpx.Response:
    asked = request.url.params
    names = [asked["symbol"]] if "symbol" in asked else orjson.loads(asked.get("symbols", "[]"))
    if not set(names) <= _TRADED:
        return httpx.Response(400, content=b'{"code":-1121,"msg":"Invalid symbol."}')
    body = _body(request.url.path, asked, names)
    return httpx.Response(200, content=orjson.dumps(body), headers={"x-mbx-used-weight-1m": "40"})


def _body(path: str, asked: httpx.QueryParams, names: Sequence[str]) -> object:
    if path == "/api/v3/klines":
        return _klines(asked)
    if path == "/api/v3/ticker/24hr":
        return [_ticker(name) for name in names]
    assert path == "/api/v3/exchangeInfo"
    return {"symbols": [_pair(name) for name in sorted(_TRADED)]}


def _klines(asked: httpx.QueryParams) -> list[list[object]]:
    first, last, limit = (int(asked[name]) for name in ("startTime", "endTime", "limit"))
    assert asked["interval"] == "1d"
    return [row for row in _ROWS if first <= int(str(row[0])) <= last][: min(limit, 1000)]


def _ticker(name: str) -> dict[str, object]:
    price = f"{len(name) + 0.125:.8f}"
    return {
        "symbol": name,
        "lastPrice": price,
        "lastQty": "0.5",
        "bidPrice": price,
        "askPrice": price,
        "closeTime": _CLOSED_MS,
    }


def _pair(name: str) -> dict[str, str]:
    return {"symbol": name, "baseAsset": name.removesuffix("USDT"), "quoteAsset": "USDT", "status": "TRADING"}


@dataclass(slots=True)
class BinanceSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(midnight(date(2024, 10, 1))))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = BinanceSettings(
            base_url="http://binance.test",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        transport = FaultTransport(_serve, fault, is_later_page=_is_later, rows_key="")
        return open_provider("binance", ProvidersSettings(binance=settings), self.clock, transport)


class TestBinanceContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return BinanceSubject()


class TestBinanceQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return BinanceSubject()
