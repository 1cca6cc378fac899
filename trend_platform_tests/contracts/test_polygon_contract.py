"""Polygon keeps the provider contract, over an in-process transport that serves its own shape."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.actions import DELISTING_SCHEMA, DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.reference import MarketPhase, SpecialDay
from trend_platform.providers.registry import open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.provider_contract_reference import (
    Ends,
    Payments,
    ReferenceCase,
    ReferenceContract,
    ReferenceSubject,
)
from trend_platform_tests.servers import polygon_reference
from trend_platform_tests.servers.polygon_book import PolygonBook

_INTERVAL = days(date(2024, 1, 2), date(2024, 4, 12))
_PAGE_ROWS = 30


def _candles() -> pl.DataFrame:
    opens = get_calendar("XNYS").candle_opens(Timeframe.D1, _INTERVAL)
    steps = pl.int_range(len(opens), eager=True)
    return pl.DataFrame({"opened_at": pl.Series(opens).cast(pl.Datetime("us", "UTC")), "step": steps}).select(
        pl.lit("AAPL").alias("symbol"),
        "opened_at",
        (185.0 + pl.col("step") * 0.25).alias("open"),
        (187.5 + pl.col("step") * 0.25).alias("high"),
        (184.125 + pl.col("step") * 0.25).alias("low"),
        (186.01 + pl.col("step") * 0.25).round(2).alias("close"),
        (1_000_000.0 + pl.col("step")).alias("volume"),
    )


def _case() -> Case:
    return Case(
        instrument=Instrument(7, "AAPL", AssetClass.STOCK, "XNYS"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2024, 1, 13), date(2024, 1, 15)),
        unknown=Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS"),
        truth=_candles().drop("symbol", "volume"),
        splits=pl.DataFrame([(7, date(2024, 2, 1), 4.0, "polygon")], schema=SPLIT_SCHEMA, orient="row"),
    )


def _coin() -> pl.DataFrame:
    days_ = pl.Series("opened_at", [midnight(date(2024, 5, 1)), midnight(date(2024, 5, 2))]).cast(
        pl.Datetime("us", "UTC")
    )
    prices = {name: [60_000.0, 61_000.5] for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame({"symbol": ["X:BTCUSD"] * 2, "opened_at": days_, **prices})


def _quote_case() -> QuoteCase:
    share, coin = _case().instrument, Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    last = _candles().row(-1, named=True)
    closed = last["opened_at"] + timedelta(hours=19, minutes=59, seconds=59)
    truth = pl.DataFrame({"instrument_id": [7], "price": [last["close"]], "quoted_at": [closed]})
    return QuoteCase(truth, (share,), Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS"), (share, coin), calls=2)


def _ends(trades: Instrument, coin: Instrument) -> Ends:
    gone = (Instrument(10, "TWX", AssetClass.STOCK, "XNYS"), Instrument(11, "ALTR", AssetClass.STOCK, "XNYS"))
    rows = [(10, date(2001, 1, 12)), (10, date(2018, 6, 15)), (11, date(2015, 12, 28))]
    schema = {name: dtype for name, dtype in DELISTING_SCHEMA.items() if name != "provider"}
    return Ends((*gone, trades), pl.DataFrame(rows, schema=schema, orient="row"), coin)


def _reference_case() -> ReferenceCase:
    paid = [(7, date(2024, 2, 9), 0.24, "USD"), (7, date(2024, 5, 10), 1.25, "USD"), (8, date(2024, 3, 1), 3.0, "EUR")]
    frame = pl.DataFrame(
        paid, schema={name: dtype for name, dtype in DIVIDEND_SCHEMA.items() if name != "provider"}, orient="row"
    )
    share, other = _case().instrument, Instrument(8, "MSFT", AssetClass.STOCK, "XNYS")
    coin = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    closes = datetime(2024, 11, 29, 18, tzinfo=UTC)
    return ReferenceCase(
        payments=Payments((share, other), days(date(2024, 2, 9), date(2024, 5, 10)), frame, coin),
        ends=_ends(share, coin),
        listings={
            AssetClass.STOCK: {"AAPL": "AAPL", "BRK.B": "BRK.B"},
            AssetClass.ETF: {"SPY": "SPY"},
            AssetClass.CRYPTO: {"BTC-USD": "X:BTCUSD"},
            AssetClass.FOREX: {"EUR-USD": "C:EURUSD"},
            AssetClass.INDEX: {"^GSPC": "I:SPX"},
        },
        phases={
            AssetClass.STOCK: MarketPhase.EXTENDED,
            AssetClass.ETF: MarketPhase.EXTENDED,
            AssetClass.CRYPTO: MarketPhase.OPEN,
            AssetClass.FOREX: MarketPhase.CLOSED,
        },
        special_days=(
            SpecialDay("NYSE", date(2024, 11, 28), "Thanksgiving"),
            SpecialDay("NYSE", date(2024, 11, 29), "Thanksgiving", closes - timedelta(hours=3, minutes=30), closes),
        ),
    )


def _is_later(request: httpx.Request) -> bool:
    return "cursor" in request.url.params or "/markets/crypto/" in request.url.path


@dataclass(slots=True)
class PolygonSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(midnight(date(2024, 5, 2)) + timedelta(hours=15)))
    faults: frozenset[WireFault] = frozenset(WireFault)
    reference: ReferenceCase = field(default_factory=_reference_case)

    def open(self, fault: WireFault | None = None) -> Provider:
        split = {"ticker": "AAPL", "execution_date": "2024-02-01", "split_from": 1, "split_to": 4}
        other = {"ticker": "MSFT", "execution_date": "2024-02-01", "split_from": 1, "split_to": 2}
        book = PolygonBook(pl.concat([_candles(), _coin()]), splits=[split, other], page_rows=_PAGE_ROWS, key=SECRET)

        def serve(request: httpx.Request) -> httpx.Response:
            told = polygon_reference.document(request.url.path, request.url.params)
            if told is not None:
                return httpx.Response(200, json=told)
            reply = book.reply(request.url.raw_path.decode(), request.headers.get("authorization", ""))
            return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)

        settings = PolygonSettings(
            base_url="http://polygon.test",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        transport = FaultTransport(serve, fault, is_later_page=_is_later)
        return open_provider("polygon", ProvidersSettings(polygon=settings), self.clock, transport)


class TestPolygonContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return PolygonSubject()


class TestPolygonQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return PolygonSubject()


class TestPolygonReference(ReferenceContract):
    @pytest.fixture
    def subject(self) -> ReferenceSubject:
        return PolygonSubject()
