"""Twelve Data keeps the provider contract for days and minutes, over an in-process transport in its own shapes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import ProvidersSettings, TwelveDataSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import AAPL, UNKNOWN, made_up

_INTERVAL = days(date(2024, 1, 2), date(2024, 4, 12))
_PAGES = frozenset({WireFault.PAGE_FAILS, WireFault.LATE_PAGE})
_QUOTED_AT = 1_712_952_000
# A call names at most 120 symbols.
_MANY = tuple(Instrument(100 + number, f"S{number:03}", AssetClass.STOCK, "XNYS") for number in range(121))


def _case(timeframe: Timeframe, interval: Interval = _INTERVAL) -> Case:
    empty = days(date(2024, 1, 13), date(2024, 1, 15))
    return Case(AAPL, timeframe, interval, empty, UNKNOWN, made_up(interval, timeframe))


def _quote_case() -> QuoteCase:
    at = datetime.fromtimestamp(_QUOTED_AT, UTC)
    truth = pl.DataFrame({"instrument_id": [7], "price": [172.5], "quoted_at": [at], "previous_close": [171.5]})
    return QuoteCase(truth, (AAPL,), UNKNOWN, _MANY, calls=2)


@dataclass(slots=True)
class TwelveDataSubject:
    case: Case = field(default_factory=lambda: _case(Timeframe.D1))
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 5, 2, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = frozenset(WireFault) - _PAGES

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = TwelveDataSettings(
            base_url="http://twelvedata.test",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        first = f"{self.case.interval.start:%Y-%m-%d %H:%M:%S}"

        def is_later(request: httpx.Request) -> bool:
            params = request.url.params
            return params.get("start_date", first) > first or params["symbol"] == _MANY[-1].symbol

        transport = FaultTransport(self._serve, fault, is_later_page=is_later, rows_key="values")
        return open_provider("twelvedata", ProvidersSettings(twelvedata=settings), self.clock, transport)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"apikey {SECRET}"
        path, params = request.url.path, request.url.params
        document = _quoted(params["symbol"].split(",")) if path == "/quote" else self._series(params)
        # Errors come with status 200.
        return httpx.Response(200, content=orjson.dumps(document))

    def _series(self, params: httpx.QueryParams) -> dict[str, object]:
        assert (params["order"], params["timezone"], params["adjust"]) == ("ASC", "UTC", "none")
        if params["symbol"] != "AAPL":
            return _unknown(params["symbol"])
        pattern = "%Y-%m-%d" if self.case.timeframe is Timeframe.D1 else "%Y-%m-%d %H:%M:%S"
        told = self.case.truth.with_columns(pl.col("opened_at").dt.strftime(pattern).alias("datetime"))
        chosen = told.filter((pl.col("datetime") >= params["start_date"]) & (pl.col("datetime") < params["end_date"]))
        if chosen.is_empty():
            said = "No data is available on the specified dates. Try setting different start/end dates."
            return {"code": 400, "message": said, "status": "error"}
        assert chosen.height <= int(params["outputsize"])
        texts = chosen.select("datetime", *(pl.col(name).cast(pl.String) for name in ("open", "high", "low", "close")))
        meta = {"symbol": "AAPL", "interval": params["interval"], "exchange_timezone": "America/New_York"}
        values = texts.with_columns(volume=pl.lit("7")).to_dicts()
        return {"meta": meta, "values": values, "status": "ok"}


def _quoted(symbols: list[str]) -> dict[str, object]:
    told = {symbol: _quote(symbol) for symbol in symbols}
    return told if len(symbols) > 1 else told[symbols[0]]


def _quote(symbol: str) -> dict[str, object]:
    if symbol == UNKNOWN.symbol:
        return _unknown(symbol)
    times = {"datetime": "2024-04-12", "timestamp": 1_712_928_600, "last_quote_at": _QUOTED_AT}
    return {"symbol": symbol, "close": "172.50000", "previous_close": "171.50000", **times}


def _unknown(symbol: str) -> dict[str, object]:
    return {"code": 404, "message": f"**symbol** not found: {symbol}. Please specify it correctly", "status": "error"}


class TestTwelveDataDaysContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return TwelveDataSubject()


class TestTwelveDataMinutesContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return TwelveDataSubject(_case(Timeframe.M5), faults=frozenset(WireFault))


class TestTwelveDataQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return TwelveDataSubject()
