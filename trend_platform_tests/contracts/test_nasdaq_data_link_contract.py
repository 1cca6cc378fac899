"""Nasdaq Data Link keeps the provider contract with datasets and with tables, over an in-process transport in its shapes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import orjson
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import NasdaqDataLinkSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import UNKNOWN, dated, made_up

DATASET, TABLE = "WIKI/{symbol}", "SHARADAR/SEP"
_INTERVAL = days(date(2024, 1, 2), date(2024, 4, 12))
_TAPE = made_up(_INTERVAL)
_NAMES = ("Date", "Open", "High", "Low", "Close", "Volume")
_ABSENT = {"quandl_error": {"code": "QECx02", "message": "You have submitted an incorrect Quandl code."}}
# Pages of a table are in no order, so that one answer is made of all of them: none of them can be kept alone.
_FAULTS = frozenset(WireFault) - {WireFault.PAGE_FAILS, WireFault.LATE_PAGE}


def _case() -> Case:
    return Case(
        instrument=Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2024, 1, 13), date(2024, 1, 15)),
        unknown=UNKNOWN,
        truth=_TAPE,
    )


@dataclass(slots=True)
class NasdaqSubject:
    code: str
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = None
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 4, 16, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = _FAULTS

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = NasdaqDataLinkSettings(
            base_url="http://nasdaq.test/api/v3",
            api_key=SecretStr(SECRET),
            code=self.code,
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        transport = FaultTransport(_table if self.code == TABLE else _dataset, fault)
        return open_provider("nasdaq_data_link", ProvidersSettings(nasdaq_data_link=settings), self.clock, transport)


def _rows(params: httpx.QueryParams, first: str, last: str) -> list[list[object]]:
    return [[*row.values(), 7] for row in dated(_TAPE, params[first], params[last])]


def _dataset(request: httpx.Request) -> httpx.Response:
    assert request.headers["x-api-token"] == SECRET
    if request.url.path != "/api/v3/datasets/WIKI/BRK_B.json":
        return httpx.Response(404, content=orjson.dumps(_ABSENT))
    rows = _rows(request.url.params, "start_date", "end_date")
    held = {"column_names": _NAMES, "data": rows, "newest_available_date": "2024-04-15"}
    return httpx.Response(200, content=orjson.dumps({"dataset": held}))


def _table(request: httpx.Request) -> httpx.Response:
    # Newest first, two pages.
    assert request.headers["x-api-token"] == SECRET
    assert request.url.path == "/api/v3/datatables/SHARADAR/SEP.json"
    rows = [["BRK.B", *row] for row in _rows(request.url.params, "date.gte", "date.lte")][::-1]
    rows = rows if request.url.params["ticker"] == "BRK.B" else []
    half, is_second = len(rows) // 2, "qopts.cursor_id" in request.url.params
    names = [{"name": name.lower(), "type": "text"} for name in ("ticker", *_NAMES)]
    table = {"columns": names, "data": rows[half:] if is_second else rows[:half]}
    meta = {"next_cursor_id": None if is_second else "abc="}
    return httpx.Response(200, content=orjson.dumps({"datatable": table, "meta": meta}))


@pytest.fixture(params=[DATASET, TABLE])
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestNasdaqDataLinkContract(ProviderContract):
    @pytest.fixture
    def subject(self, code: str) -> ProviderSubject:
        return NasdaqSubject(code)


class TestNasdaqDataLinkQuotes(QuoteContract):
    @pytest.fixture
    def subject(self, code: str) -> QuoteSubject:
        return NasdaqSubject(code)
