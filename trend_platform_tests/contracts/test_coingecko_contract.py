"""CoinGecko keeps the provider contract on both of its hosts, over an in-process transport in its own shapes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
import numpy as np
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
from trend_platform.settings import CoinGeckoSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.provider_contract_reference import (
    ReferenceCase,
    ReferenceContract,
    ReferenceSubject,
)

_DAYS = 260
_FIRST = date(2024, 1, 1)
_INTERVAL = days(_FIRST, _FIRST + timedelta(days=_DAYS - 1))
_START_MS = int(midnight(_FIRST).timestamp()) * 1000
_HOUR_MS = 3_600_000
_QUOTED_AT = 1_726_000_000
_COINS = {f"C{number}": f"coin-{number}" for number in range(251)}


def _hourly_prices() -> list[float]:
    drawn = np.random.default_rng(5).normal(0, 40, _DAYS * 24 + 1)
    return [round(float(price), 2) for price in 40_000 + np.cumsum(drawn)]


_PRICES = _hourly_prices()


def _truth() -> pl.DataFrame:
    # A day runs from its midnight's price to the next one's, both included.
    rows = [(midnight(_FIRST) + timedelta(days=day), _PRICES[day * 24 : day * 24 + 25]) for day in range(_DAYS)]
    return pl.DataFrame(
        [(stamp, prices[0], max(prices), min(prices), prices[-1]) for stamp, prices in rows],
        schema={"opened_at": pl.Datetime("us", "UTC"), **dict.fromkeys(("open", "high", "low", "close"), pl.Float64())},
        orient="row",
    )


def _case() -> Case:
    return Case(
        instrument=Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2023, 12, 1), date(2023, 12, 5)),
        unknown=Instrument(4, "NOSUCHCOIN-USD", AssetClass.CRYPTO, "24/7"),
        truth=_truth(),
    )


def _quote_case() -> QuoteCase:
    pairs = tuple(Instrument(30 + number, f"C{number}-USD", AssetClass.CRYPTO, "24/7") for number in range(251))
    bitcoin, euro = (
        Instrument(3 + n, f"BTC-{currency}", AssetClass.CRYPTO, "24/7") for n, currency in enumerate(("USD", "EUR"))
    )
    truth = pl.DataFrame(
        {
            "instrument_id": [3, 4, 30],
            "price": [len("bitcoinusd") + 0.125, len("bitcoineur") + 0.125, len("coin-0usd") + 0.125],
            "quoted_at": [datetime.fromtimestamp(_QUOTED_AT, UTC)] * 3,
        }
    )
    unknown = Instrument(5, "NOSUCHCOIN-USD", AssetClass.CRYPTO, "24/7")
    return QuoteCase(truth, (bitcoin, euro, pairs[0]), unknown, pairs, calls=2)


@dataclass(slots=True)
class CoinGeckoSubject:
    host: str
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_INTERVAL.end + timedelta(days=5)))
    faults: frozenset[WireFault] = frozenset(WireFault)
    reference: ReferenceCase = field(
        default_factory=lambda: ReferenceCase(listings={AssetClass.CRYPTO: {"BTC-USD": "bitcoin"}})
    )

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = CoinGeckoSettings(
            base_url=f"http://{self.host}/api/v3",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
            ids=_COINS,
        )
        serve, rows_key = (self._bodies, "") if self.host.startswith("pro-api.") else (self._points, "prices")
        starts: list[str] = []

        def is_later_page(request: httpx.Request) -> bool:
            starts.append(request.url.params.get("from", ""))
            return starts[-1] != starts[0] or "coin-250" in request.url.params.get("ids", "")

        transport = FaultTransport(self._listed(serve), fault, is_later_page=is_later_page, rows_key=rows_key)
        return open_provider("coingecko", ProvidersSettings(coingecko=settings), self.clock, transport)

    def _listed(
        self, serve: Callable[[httpx.Request], list[object] | dict[str, object]]
    ) -> Callable[..., httpx.Response]:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/api/v3/coins/list":
                return httpx.Response(200, content=b'[{"id":"bitcoin","symbol":"btc","name":"Bitcoin"}]')
            if request.url.path == "/api/v3/simple/price":
                return httpx.Response(200, content=orjson.dumps(self._prices(request)))
            return httpx.Response(200, content=orjson.dumps(serve(request)))

        return answer

    def _prices(self, request: httpx.Request) -> dict[str, object]:
        # A coin's price follows from its name and the currency's; each coin is told with its time.
        coins, currencies = (request.url.params[name].split(",") for name in ("ids", "vs_currencies"))
        assert request.url.params["include_last_updated_at"] == "true"
        assert len(coins) <= 250
        return {
            coin: {**{money: len(coin + money) + 0.125 for money in currencies}, "last_updated_at": _QUOTED_AT}
            for coin in coins
        }

    def _points(self, request: httpx.Request) -> dict[str, object]:
        # Points come some seconds after the full hour; the last one of a range that reaches the present is "now".
        assert request.headers["x-cg-demo-api-key"] == SECRET
        first, last = (int(request.url.params[name]) * 1000 for name in ("from", "to"))
        now = int(self.clock.now().timestamp() * 1000)
        stamps = [_START_MS + hour * _HOUR_MS + 7_000 for hour in range(len(_PRICES))]
        points = [[at, price] for at, price in zip(stamps, _PRICES, strict=True) if first <= at <= min(last, now)]
        if last >= now - 60_000 and points and now - points[-1][0] < 1_800_000:
            points.append([now, 1.0])
        return {"prices": points, "market_caps": [], "total_volumes": []}

    def _bodies(self, request: httpx.Request) -> list[object]:
        assert request.headers["x-cg-pro-api-key"] == SECRET
        first, last = (midnight(date.fromisoformat(request.url.params[name])) for name in ("from", "to"))
        rows = self.case.truth.with_columns(pl.col("opened_at") + timedelta(days=1))
        chosen = rows.filter(pl.col("opened_at").is_between(first, last)).with_columns(
            pl.col("opened_at").dt.epoch("ms")
        )
        return [list(row) for row in chosen.iter_rows()]


class TestCoinGeckoFreeContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return CoinGeckoSubject("api.coingecko.test")


class TestCoinGeckoProContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return CoinGeckoSubject("pro-api.coingecko.test")


class TestCoinGeckoFreeQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return CoinGeckoSubject("api.coingecko.test")


class TestCoinGeckoProQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return CoinGeckoSubject("pro-api.coingecko.test")


class TestCoinGeckoReference(ReferenceContract):
    @pytest.fixture
    def subject(self) -> ReferenceSubject:
        return CoinGeckoSubject("coingecko.test")
