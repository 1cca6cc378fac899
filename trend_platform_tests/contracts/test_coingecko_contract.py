"""CoinGecko keeps the provider contract on both of its hosts, over an in-process transport in its own shapes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

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

_DAYS = 260
_FIRST = date(2024, 1, 1)
_INTERVAL = days(_FIRST, _FIRST + timedelta(days=_DAYS - 1))
_START_MS = int(midnight(_FIRST).timestamp()) * 1000
_HOUR_MS = 3_600_000


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


@dataclass(slots=True)
class CoinGeckoSubject:
    host: str
    case: Case = field(default_factory=_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_INTERVAL.end + timedelta(days=5)))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = CoinGeckoSettings(
            base_url=f"http://{self.host}/api/v3",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        serve, rows_key = (self._bodies, "") if self.host.startswith("pro-api.") else (self._points, "prices")
        starts: list[str] = []

        def is_later_page(request: httpx.Request) -> bool:
            starts.append(request.url.params.get("from", ""))
            return starts[-1] != starts[0]

        transport = FaultTransport(self._listed(serve), fault, is_later_page=is_later_page, rows_key=rows_key)
        return open_provider("coingecko", ProvidersSettings(coingecko=settings), self.clock, transport)

    def _listed(
        self, serve: Callable[[httpx.Request], list[object] | dict[str, object]]
    ) -> Callable[..., httpx.Response]:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/api/v3/coins/list":
                return httpx.Response(200, content=b'[{"id":"bitcoin","symbol":"btc","name":"Bitcoin"}]')
            return httpx.Response(200, content=orjson.dumps(serve(request)))

        return answer

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
