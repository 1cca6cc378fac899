"""CryptoCompare keeps the provider contract on both of its hosts, over an in-process transport in their own shapes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import CryptoCompareSettings, ProvidersSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.tape import made_up

NEW, OLD = "data-api.coindesk.test", "min-api.cryptocompare.test"
_INTERVAL = days(date(2024, 1, 1), date(2024, 4, 29))
_TAPE = made_up(_INTERVAL, Timeframe.H1, "24/7")
_HOUR = timedelta(hours=1)
_QUOTED_AT = 1_714_500_000
_MANY = tuple(Instrument(30 + number, f"C{number}-USD", AssetClass.CRYPTO, "24/7") for number in range(51))
_ABSENT = {"Data": {}, "Err": {"type": 1, "message": "Unknown instrument", "http_status_code": 404}}


def _case() -> Case:
    return Case(
        instrument=Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7"),
        timeframe=Timeframe.H1,
        interval=_INTERVAL,
        empty=days(date(2023, 12, 1), date(2023, 12, 5)),
        unknown=Instrument(4, "NOSUCHCOIN-USD", AssetClass.CRYPTO, "24/7"),
        truth=_TAPE,
    )


def _quote_case(calls: int) -> QuoteCase:
    pairs = tuple(
        Instrument(3 + n, f"BTC-{money}", AssetClass.CRYPTO, "24/7") for n, money in enumerate(("USD", "EUR"))
    )
    at = datetime.fromtimestamp(_QUOTED_AT, UTC)
    truth = pl.DataFrame({"instrument_id": [3, 4], "price": [66_000.5, 60_000.25], "quoted_at": [at, at]})
    return QuoteCase(truth, pairs, Instrument(5, "NOSUCHCOIN-USD", AssetClass.CRYPTO, "24/7"), _MANY, calls=calls)


@dataclass(slots=True)
class CryptoCompareSubject:
    host: str
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = None
    clock: ManualClock = field(default_factory=lambda: ManualClock(_INTERVAL.end + timedelta(days=5)))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def __post_init__(self) -> None:
        # The old one takes half as many pairs in a call.
        self.quotes = _quote_case(calls=3 if self.host == OLD else 2)

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = CryptoCompareSettings(
            base_url=f"http://{self.host}",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        seen: list[str] = []

        def is_later_page(request: httpx.Request) -> bool:
            params = request.url.params
            seen.append(params.get("to_ts") or params.get("toTs", ""))
            names = params.get("instruments") or params.get("fsyms", "")
            return seen[-1] != seen[0] or "C50" in names

        serve, rows_key = (self._serve_old, "Data.Data") if self.host == OLD else (self._serve_new, "Data")
        transport = FaultTransport(serve, fault, is_later_page=is_later_page, rows_key=rows_key)
        return open_provider("cryptocompare", ProvidersSettings(cryptocompare=settings), self.clock, transport)

    def _serve_new(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Apikey {SECRET}"
        params = request.url.params
        if request.url.path == "/index/cc/v1/latest/tick":
            told = {
                name: {"VALUE": price, "VALUE_LAST_UPDATE_TS": _QUOTED_AT}
                for name in params["instruments"].split(",")
                if (price := _price(*name.split("-"))) is not None
            }
            return httpx.Response(200, content=orjson.dumps({"Data": told, "Err": {}}))
        assert request.url.path == "/index/cc/v1/historical/hours"
        if params["instrument"] != "BTC-USD":
            return httpx.Response(404, content=orjson.dumps(_ABSENT))
        names = {name: name.upper() for name in ("open", "high", "low", "close")}
        rows = self._rows(int(params["to_ts"]), int(params["limit"]), names, "TIMESTAMP", {"VOLUME": 3})
        return httpx.Response(200, content=orjson.dumps({"Data": rows, "Err": {}}))

    def _serve_old(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Apikey {SECRET}"
        params = request.url.params
        if request.url.path == "/data/pricemultifull":
            told: dict[str, dict[str, object]] = {}
            for coin in params["fsyms"].split(","):
                for money in params["tsyms"].split(","):
                    if (price := _price(coin, money)) is not None:
                        told.setdefault(coin, {})[money] = {"PRICE": price, "LASTUPDATE": _QUOTED_AT}
            return httpx.Response(200, content=orjson.dumps({"RAW": told}))
        assert request.url.path == "/data/v2/histohour"
        if params["fsym"] != "BTC":
            said = "There is no data for the symbol NOSUCHCOIN ."
            return httpx.Response(200, content=orjson.dumps({"Response": "Error", "Message": said, "Type": 2}))
        names = {name: name for name in ("open", "high", "low", "close")}
        volumes = {"volumefrom": 3, "volumeto": 9}
        rows = self._rows(int(params["toTs"]), int(params["limit"]) + 1, names, "time", volumes)
        return httpx.Response(200, content=orjson.dumps({"Response": "Success", "Data": {"Data": rows}}))

    def _rows(
        self, to: int, limit: int, names: dict[str, str], at: str, volumes: dict[str, int]
    ) -> list[dict[str, object]]:
        last = datetime.fromtimestamp(to, UTC)
        chosen = _TAPE.filter(pl.col("opened_at").is_between(last - limit * _HOUR, last, closed="right"))
        stamped = chosen.rename(names).with_columns(pl.col("opened_at").dt.epoch("s").alias(at)).drop("opened_at")
        return [{**row, **volumes} for row in stamped.to_dicts()]


def _price(coin: str, money: str) -> float | None:
    known = {("BTC", "USD"): 66_000.5, ("BTC", "EUR"): 60_000.25}
    return 10.5 if coin[1:].isdigit() else known.get((coin, money))


@pytest.fixture(params=[NEW, OLD])
def host(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestCryptoCompareContract(ProviderContract):
    @pytest.fixture
    def subject(self, host: str) -> ProviderSubject:
        return CryptoCompareSubject(host)


class TestCryptoCompareQuotes(QuoteContract):
    @pytest.fixture
    def subject(self, host: str) -> QuoteSubject:
        return CryptoCompareSubject(host)
