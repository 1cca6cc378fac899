"""FMP keeps the provider contract on both bases, over an in-process transport in its own shapes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FmpSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.provider_contract_reference import (
    Payments,
    ReferenceCase,
    ReferenceContract,
    ReferenceSubject,
)
from trend_platform_tests.contracts.tape import AAPL, BERKSHIRE, UNKNOWN, dated, made_up

_INTERVAL = days(date(2018, 6, 1), date(2024, 4, 12))
_TAPE = made_up(_INTERVAL)
_QUOTED_AT = 1_712_952_000
_SHARES = tuple(Instrument(30 + number, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(51))
_PRICES = {"AAPL": 172.5, "BRK-B": 405.25, **{one.symbol: 10.5 for one in _SHARES}}


def _case() -> Case:
    return Case(
        instrument=AAPL,
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2024, 1, 13), date(2024, 1, 15)),
        unknown=UNKNOWN,
        truth=_TAPE,
        splits=pl.DataFrame([(7, date(2020, 8, 31), 4.0, "fmp")], schema=SPLIT_SCHEMA, orient="row"),
    )


def _quote_case(many: tuple[Instrument, ...]) -> QuoteCase:
    at = datetime.fromtimestamp(_QUOTED_AT, UTC)
    truth = pl.DataFrame({"instrument_id": [7], "price": [172.5], "quoted_at": [at], "previous_close": [171.5]})
    return QuoteCase(truth, (AAPL,), UNKNOWN, many, calls=2)


def _reference_case() -> ReferenceCase:
    paid = [(7, date(2020, 8, 7), 0.82, "USD"), (7, date(2024, 2, 9), 0.24, "USD")]
    truth = pl.DataFrame([(*row, "fmp") for row in paid], DIVIDEND_SCHEMA, orient="row").drop("provider")
    coin = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    return ReferenceCase(Payments((AAPL,), days(date(2020, 8, 7), date(2024, 2, 9)), truth, coin))


@dataclass(slots=True)
class FmpSubject:
    is_paid: bool = False
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = None
    reference: ReferenceCase = field(default_factory=_reference_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 5, 2, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def __post_init__(self) -> None:
        self.quotes = _quote_case(_SHARES if self.is_paid else (AAPL, BERKSHIRE))

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = FmpSettings(
            base_url="http://fmp.test/stable",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
            history_years=None,
            basis="split" if self.is_paid else "raw",
            batch_quotes=self.is_paid,
        )
        transport = FaultTransport(self._serve, fault, is_later_page=_is_later, rows_key="", newest_first=True)
        return open_provider("fmp", ProvidersSettings(fmp=settings), self.clock, transport)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["apikey"] == SECRET
        return httpx.Response(200, content=orjson.dumps(self._document(request.url.path, request.url.params)))

    def _document(self, path: str, params: httpx.QueryParams) -> object:
        if path == "/stable/splits":
            told = {"symbol": params["symbol"], "date": "2020-08-31", "numerator": 4, "denominator": 1}
            return [told, {**told, "date": "2014-06-09", "numerator": 7}]
        if path == "/stable/dividends":
            paid = {"symbol": params["symbol"], "date": "2020-08-07", "dividend": 0.82, "adjDividend": 0.205}
            return [{**paid, "date": "2024-02-09", "dividend": 0.24}, paid, {**paid, "date": "", "dividend": 0.1}]
        if path.endswith("quote"):
            assert path == ("/stable/batch-quote" if self.is_paid else "/stable/quote")
            symbols = params["symbols" if self.is_paid else "symbol"].split(",")
            return [
                {"symbol": one, "price": price, "previousClose": price - 1, "timestamp": _QUOTED_AT}
                for one in symbols
                if (price := _PRICES.get(one)) is not None
            ]
        name = path.rpartition("/")[2]
        assert name == ("full" if self.is_paid else "non-split-adjusted")
        return _rows(params, is_adjusted=name != "full")


def _rows(params: httpx.QueryParams, *, is_adjusted: bool) -> list[dict[str, object]]:
    if params["symbol"] != "AAPL":
        return []
    told = [
        {f"adj{name.capitalize()}" if is_adjusted and name != "date" else name: value for name, value in row.items()}
        for row in dated(_TAPE, params["from"], params["to"])
    ]
    return [{"symbol": "AAPL", **row, "volume": 7} for row in told[::-1]]


def _is_later(request: httpx.Request) -> bool:
    params = request.url.params
    symbols = params.get("symbols") or params.get("symbol", "")
    return params.get("from", "") > "2020" or symbols.split(",")[-1] in {"BRK-B", "S50"}


class TestFmpRawContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return FmpSubject()


class TestFmpSplitContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return FmpSubject(is_paid=True)


class TestFmpFreeQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return FmpSubject()


class TestFmpPaidQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return FmpSubject(is_paid=True)


class TestFmpReference(ReferenceContract):
    @pytest.fixture
    def subject(self) -> ReferenceSubject:
        return FmpSubject()
