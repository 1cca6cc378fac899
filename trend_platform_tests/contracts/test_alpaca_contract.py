"""Alpaca keeps the provider contract, over an in-process transport that pages over symbols as it does."""

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
from trend_platform.settings import AlpacaSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import AAPL, UNKNOWN, made_up
from trend_platform_tests.servers.alpaca_book import AlpacaBook

_DAYS = days(date(2024, 1, 2), date(2024, 4, 12))
_HOURS = days(date(2024, 3, 4), date(2024, 3, 15))
_COIN = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
_COIN_UNKNOWN = Instrument(10, "NOSUCH-USD", AssetClass.CRYPTO, "24/7")
_TRADED_AT = "2024-04-12T19:59:59.123456789Z"


def _case(timeframe: Timeframe, interval: Interval, instrument: Instrument, unknown: Instrument) -> Case:
    return Case(
        instrument=instrument,
        timeframe=timeframe,
        interval=interval,
        empty=days(date(2024, 1, 13), date(2024, 1, 15)),
        unknown=unknown,
        truth=made_up(interval, timeframe, instrument.calendar),
        splits=pl.DataFrame([(7, date(2024, 2, 1), 4.0, "alpaca")], schema=SPLIT_SCHEMA, orient="row")
        if interval == _DAYS
        else pl.DataFrame(schema=SPLIT_SCHEMA),
    )


def _quote_case() -> QuoteCase:
    at = datetime(2024, 4, 12, 19, 59, 59, 123456, tzinfo=UTC)
    truth = pl.DataFrame({"instrument_id": [7], "price": [172.5], "quoted_at": [at]})
    return QuoteCase(truth, (AAPL,), UNKNOWN, (AAPL, _COIN), calls=2)


def _is_later(request: httpx.Request) -> bool:
    return "page_token" in request.url.params or request.url.path == "/v1beta3/crypto/us/snapshots"


class _Faults(FaultTransport):
    def _late(self, served: httpx.Response) -> httpx.Response:
        document = orjson.loads(served.content)
        document["bars"] = {ticker: rows[1:] for ticker, rows in document["bars"].items()}
        return httpx.Response(200, content=orjson.dumps(document))


@dataclass(slots=True)
class AlpacaSubject:
    case: Case = field(default_factory=lambda: _case(Timeframe.D1, _DAYS, AAPL, UNKNOWN))
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 5, 2, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def open(self, fault: WireFault | None = None) -> Provider:
        prices = {ticker: {"latestTrade": {"p": 172.5, "t": _TRADED_AT, "s": 3}} for ticker in ("AAPL", "BTC/USD")}
        split = {"symbol": "AAPL", "ex_date": "2024-02-01", "payable_date": "2024-01-31", "old_rate": 1, "new_rate": 4}
        other = {"symbol": "MSFT", "ex_date": "2024-02-01", "old_rate": 10, "new_rate": 1}
        book = AlpacaBook(
            {"AAPL": _bars(self.case), "BTC/USD": _bars(self.case)},
            page_rows=30,
            secret=SECRET,
            snapshots=prices,
            splits=[split, other],
        )
        settings = AlpacaSettings(
            base_url="http://alpaca.test",
            api_key=SecretStr(f"{SECRET}-id"),
            secret_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        transport = _Faults(book.serve, fault, is_later_page=_is_later)
        return open_provider("alpaca", ProvidersSettings(alpaca=settings), self.clock, transport)


def _bars(case: Case) -> pl.DataFrame:
    # Hours and days of the platform are told in the shorter bars they are made of: alike, with one that tells the extremes.
    if case.instrument is _COIN:
        return _spread(case.truth, "1h", 24)
    return case.truth if case.timeframe is Timeframe.D1 else _spread(case.truth, "30m", 2)


def _spread(truth: pl.DataFrame, every: str, count: int) -> pl.DataFrame:
    first = truth.with_columns(pl.col("open").alias("close"))
    last = truth.with_columns(pl.col("opened_at").dt.offset_by(f"{(count - 1) * int(every[:-1])}{every[-1]}"))
    between = [
        truth.with_columns(
            pl.col("opened_at").dt.offset_by(f"{n * int(every[:-1])}{every[-1]}"), pl.col("open").alias("close")
        )
        for n in range(1, count - 1)
    ]
    last = last.with_columns(pl.col("close").alias("open"))
    # The last hour of a session is half an hour long: one bar.
    is_short = (truth["opened_at"].diff(-1).abs().dt.total_minutes() > 60).fill_null(True) & (count == 2)
    whole = pl.concat([first.filter(~is_short), truth.filter(is_short), *between, last.filter(~is_short)])
    return whole.sort("opened_at")


class TestAlpacaContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return AlpacaSubject()


class TestAlpacaHoursContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return AlpacaSubject(_case(Timeframe.H1, _HOURS, AAPL, UNKNOWN))


class TestAlpacaCryptoContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        case = _case(Timeframe.D1, _HOURS, _COIN, _COIN_UNKNOWN)
        return AlpacaSubject(case)


class TestAlpacaQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return AlpacaSubject()
