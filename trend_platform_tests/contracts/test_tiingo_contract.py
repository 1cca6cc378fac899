"""Tiingo keeps the provider contract for days, bars of IEX and crypto, over an in-process transport in its own shapes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import ProvidersSettings, TiingoSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import AAPL, UNKNOWN, made_up

_DAYS = days(date(2024, 1, 2), date(2024, 4, 12))
_BARS = days(date(2024, 1, 2), date(2024, 2, 23))
_COIN_DAYS = days(date(2018, 1, 1), date(2024, 4, 12))
_COIN = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
_COIN_UNKNOWN = Instrument(10, "NOSUCH-USD", AssetClass.CRYPTO, "24/7")
_SPLIT_DAY = date(2024, 2, 1)
_PAGES = frozenset({WireFault.PAGE_FAILS, WireFault.LATE_PAGE})
_AT = "2024-04-12T15:59:59.07-04:00"


def _case(timeframe: Timeframe, interval: Interval, instrument: Instrument, unknown: Instrument) -> Case:
    truth = made_up(interval, timeframe, instrument.calendar)
    splits = [] if instrument is _COIN else [(7, _SPLIT_DAY, 4.0, "tiingo")]
    empty = (
        days(date(2017, 11, 4), date(2017, 11, 5))
        if instrument is _COIN
        else days(date(2024, 1, 13), date(2024, 1, 15))
    )
    told = pl.DataFrame(splits, schema=SPLIT_SCHEMA, orient="row")
    return Case(instrument, timeframe, interval, empty, unknown, truth, told)


def _quote_case() -> QuoteCase:
    at = datetime(2024, 4, 12, 19, 59, 59, 70_000, tzinfo=UTC)
    truth = pl.DataFrame({"instrument_id": [7], "price": [172.5], "quoted_at": [at], "previous_close": [171.0]})
    return QuoteCase(truth, (AAPL,), UNKNOWN, (AAPL, _COIN), calls=2)


class _Faults(FaultTransport):
    def _late(self, served: httpx.Response) -> httpx.Response:
        first, *others = orjson.loads(served.content)
        late = [{**first, "priceData": first["priceData"][1:]}] if "priceData" in first else others
        return httpx.Response(200, content=orjson.dumps(late))


@dataclass(slots=True)
class TiingoSubject:
    case: Case = field(default_factory=lambda: _case(Timeframe.D1, _DAYS, AAPL, UNKNOWN))
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 5, 2, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = frozenset(WireFault) - _PAGES

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = TiingoSettings(
            base_url="http://tiingo.test",
            api_key=SecretStr(SECRET),
            calls_per_hour=1e9,
            calls_per_day=1e9,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        first = self.case.interval.start.date().isoformat()

        def is_later(request: httpx.Request) -> bool:
            params = request.url.params
            return params.get("startDate", first) > first or request.url.path == "/tiingo/crypto/top"

        transport = _Faults(self._serve, fault, is_later_page=is_later)
        return open_provider("tiingo", ProvidersSettings(tiingo=settings), self.clock, transport)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Token {SECRET}"
        status, document = self._document(request.url.path, request.url.params)
        return httpx.Response(status, content=orjson.dumps(document))

    def _document(self, path: str, params: httpx.QueryParams) -> tuple[int, object]:
        if path == "/iex/":
            told = {"timestamp": _AT, "tngoLast": 172.5, "last": None, "prevClose": 171.0, "bidPrice": None}
            return 200, [{"ticker": "AAPL", **told}] if "aapl" in params["tickers"].split(",") else []
        if path == "/tiingo/crypto/top":
            top = {"lastPrice": 63_000.5, "lastSaleTimestamp": "2024-04-12T20:00:00.5+00:00", "lastSize": 0.1}
            return 200, [{"ticker": "btcusd", "topOfBookData": [top]}]
        if path == "/tiingo/crypto/prices":
            assert params["resampleFreq"] == "1day"
            rows = _rows(self.case.truth, params)
            return 200, [{"ticker": "btcusd", "priceData": rows}] if params["tickers"] == "btcusd" and rows else []
        if path == "/tiingo/daily/aapl/prices":
            return 200, _rows(made_up(_DAYS), params)
        if path == "/iex/aapl/prices":
            return 200, _rows(self.case.truth, params)
        return 404, {"detail": "Error: Ticker 'ZZZZZ' not found"}


def _rows(truth: pl.DataFrame, params: httpx.QueryParams) -> list[dict[str, object]]:
    first, last = (date.fromisoformat(params[name]) for name in ("startDate", "endDate"))
    chosen = truth.filter(pl.col("opened_at").dt.date().is_between(first, last))
    return [
        {"date": f"{at:%Y-%m-%dT%H:%M:%S.000Z}", **row, "adjClose": 1.0, "volume": 7}
        | {"splitFactor": 4.0 if at.date() == _SPLIT_DAY else 1.0}
        for row in chosen.iter_rows(named=True)
        for at in [row.pop("opened_at")]
    ]


class TestTiingoDaysContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return TiingoSubject()


class TestTiingoBarsContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        case = _case(Timeframe.M5, _BARS, AAPL, UNKNOWN)
        return TiingoSubject(case, faults=frozenset(WireFault))


class TestTiingoCryptoContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        case = _case(Timeframe.D1, _COIN_DAYS, _COIN, _COIN_UNKNOWN)
        return TiingoSubject(case, faults=frozenset(WireFault))


class TestTiingoQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return TiingoSubject()
