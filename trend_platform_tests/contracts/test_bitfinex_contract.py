"""Bitfinex keeps the provider contract, over an in-process transport in its own shape: close before high and low, 10,000 a call."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import BitfinexSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.walks import walked_candles
from trend_platform_tests.servers.bitfinex_book import BitfinexBook

_START, _COUNT, _STEP = datetime(2024, 1, 1, tzinfo=UTC), 12_000, timedelta(minutes=15)
_INTERVAL = Interval(_START, _START + _COUNT * _STEP)
_MANY = tuple(f"tC{number:03d}:USD" for number in range(251))


def _pair(number: int, symbol: str) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


_TRUTH = walked_candles(_START, _STEP, _COUNT)


def _rows() -> list[bytes]:
    shaped = _TRUTH.select(pl.col("opened_at").dt.epoch("ms"), "open", "close", "high", "low", pl.lit(1.5))
    return [orjson.dumps(row) for row in shaped.iter_rows()]


_BOOK = BitfinexBook(
    {"tBTCUSD": _rows(), **{symbol: [b"[1704067200000,1.5,2.5,3.5,0.5,1]"] for symbol in _MANY}}, length="15m"
)


def _case() -> Case:
    return Case(
        instrument=_pair(3, "BTC-USD"),
        timeframe=Timeframe.M15,
        interval=_INTERVAL,
        empty=Interval(_START - timedelta(days=9), _START - timedelta(days=7)),
        unknown=_pair(4, "NOSUCH-USD"),
        truth=_TRUTH,
    )


def _quote_case() -> QuoteCase:
    # The book's answer is made a minute after its newest candle begins.
    told = _START + (_COUNT - 1) * _STEP + timedelta(minutes=1)
    prices = [_TRUTH["close"][-1], 2.5]
    truth = pl.DataFrame({"instrument_id": [3, 30], "price": prices, "quoted_at": [told] * 2})
    many = tuple(_pair(30 + number, symbol[1:].replace(":", "-")) for number, symbol in enumerate(_MANY))
    return QuoteCase(truth, (_pair(3, "BTC-USD"), many[0]), _pair(4, "NOSUCH-USD"), many, calls=2)


@dataclass(slots=True)
class BitfinexSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_INTERVAL.end + timedelta(days=5)))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = BitfinexSettings(
            base_url="http://bitfinex.test/v2",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.5,
            max_attempts=3,
        )
        starts: list[str] = []

        def is_later_page(request: httpx.Request) -> bool:
            starts.append(request.url.params.get("start", ""))
            return starts[-1] != starts[0] or _MANY[-1] in request.url.params.get("symbols", "")

        transport = FaultTransport(_answer, fault, is_later_page=is_later_page, rows_key="")
        return open_provider("bitfinex", ProvidersSettings(bitfinex=settings), self.clock, transport)


def _answer(request: httpx.Request) -> httpx.Response:
    assert SECRET not in str(request.headers)
    reply = _BOOK.reply(request.url.raw_path.decode())
    return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)


class TestBitfinexContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return BitfinexSubject()


class TestBitfinexQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return BitfinexSubject()
