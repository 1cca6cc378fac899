"""Yahoo keeps the provider contract, for days with a split and for minutes in windows, over a transport in its own shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import numpy as np
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import ProvidersSettings, YahooSettings
from trend_platform_tests.contracts.fault_transport import FaultTransport
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject
from trend_platform_tests.contracts.provider_contract_reference import (
    Payments,
    ReferenceCase,
    ReferenceContract,
    ReferenceSubject,
)

_SHARE = Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS")
_UNKNOWN = Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS")
_DAYS = days(date(2024, 1, 2), date(2024, 4, 12))
_SPLIT_DAY = date(2024, 2, 1)
_SPLIT_AT = datetime(2024, 2, 1, 14, 30, tzinfo=UTC)
_MINUTES = Interval(midnight(date(2024, 4, 22)), midnight(date(2024, 5, 9)))
_NOW = datetime(2024, 5, 10, 12, tzinfo=UTC)
_QUOTED_AT = datetime(2024, 5, 9, 19, 59, tzinfo=UTC)


# As float32, on the share count after the split.
_DIVIDENDS = {
    str(round(at.timestamp())): {"date": round(at.timestamp()), "amount": amount}
    for at, amount in (
        (datetime(2024, 1, 10, 14, 30, tzinfo=UTC), float(np.float32(0.0625))),
        (datetime(2024, 3, 20, 13, 30, tzinfo=UTC), float(np.float32(0.3))),
    )
}


def _reference_case() -> ReferenceCase:
    paid = [(7, date(2024, 1, 10), 0.25, "USD", "yahoo"), (7, date(2024, 3, 20), 0.3, "USD", "yahoo")]
    truth = pl.DataFrame(paid, DIVIDEND_SCHEMA, orient="row").drop("provider")
    coin = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    return ReferenceCase(Payments((_SHARE, _UNKNOWN), days(date(2024, 1, 10), date(2024, 3, 20)), truth, coin))


def _truth(timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
    # As they were traded: the split shows as a fall to a quarter.
    opens = get_calendar("XNYS").candle_opens(timeframe, interval)
    stamps = pl.Series("opened_at", opens).cast(pl.Datetime("us", "UTC"))
    base = np.where(stamps.dt.date().to_physical().to_numpy() < (_SPLIT_DAY - date(1970, 1, 1)).days, 400.0, 100.0)
    steps = base + np.arange(len(opens)) % 100 * 0.25
    prices = {"open": steps + 0.03, "high": steps + 2.51, "low": steps - 1.37, "close": steps + 1.01}
    return pl.DataFrame({"opened_at": stamps, **{name: np.round(values, 2) for name, values in prices.items()}})


def _case(timeframe: Timeframe, interval: Interval, empty: Interval) -> Case:
    splits = pl.DataFrame([(7, _SPLIT_DAY, 4.0, "yahoo")], schema=SPLIT_SCHEMA, orient="row")
    return Case(_SHARE, timeframe, interval, empty, _UNKNOWN, _truth(timeframe, interval), splits)


def _quote_case() -> QuoteCase:
    many = tuple(Instrument(30 + number, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(21))
    truth = pl.DataFrame({"instrument_id": [7, 30], "price": [101.37, 102.37], "quoted_at": [_QUOTED_AT] * 2})
    return QuoteCase(truth, (_SHARE, many[0]), _UNKNOWN, many, calls=2)


@dataclass(slots=True)
class _Yahoo:
    # Serves bars adjusted for the split, as float32 of six decimals, as the real one does.
    truth: pl.DataFrame
    timeframe: Timeframe

    def serve(self, request: httpx.Request) -> httpx.Response:
        assert "Mozilla" in request.headers["user-agent"]
        if request.url.path == "/v8/finance/spark":
            return _json(self._sparks(request.url.params["symbols"].split(",")))
        ticker = request.url.path.rsplit("/", 1)[-1]
        if ticker != "BRK-B":
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return _json({"chart": {"result": None, "error": error}}, 404)
        first, last = (int(request.url.params[name]) for name in ("period1", "period2"))
        return _json({"chart": {"result": [self._chart(request.url.params["interval"], first, last)], "error": None}})

    def _chart(self, granularity: str, first: int, last: int) -> dict[str, object]:
        meta = {
            "symbol": "BRK-B",
            "currency": "USD",
            "exchangeTimezoneName": "America/New_York",
            "priceHint": 2,
            "dataGranularity": granularity,
        }
        at = round(_SPLIT_AT.timestamp())
        split = {"date": at, "numerator": 4.0, "denominator": 1.0, "splitRatio": "4:1"}
        told = {**_DIVIDENDS, str(at): split}
        inside = {key: one for key, one in told.items() if first <= int(key) < last}
        events = {
            "events": {
                "splits": {key: one for key, one in inside.items() if one is split},
                "dividends": {key: one for key, one in inside.items() if one is not split},
            }
        }
        rows = self._rows(first, last) if granularity == self.timeframe.value else self.truth.clear()
        if rows.is_empty():
            return {"meta": meta, **events, "indicators": {"quote": [{}]}}
        factor = np.where((rows["opened_at"] < _SPLIT_AT).to_numpy(), 4.0, 1.0)
        quote = {
            name: (rows[name].to_numpy() / factor).round(6).astype(np.float32).astype(float).tolist()
            for name in ("open", "high", "low", "close")
        }
        stamps = rows["opened_at"].dt.epoch("s").to_list()
        return {
            "meta": meta,
            **events,
            "timestamp": stamps,
            "indicators": {"quote": [{**quote, "volume": [1000] * rows.height}]},
        }

    def _rows(self, first: int, last: int) -> pl.DataFrame:
        rows = self.truth
        if self.timeframe is Timeframe.D1:
            # A day is stamped with the opening of its session.
            opening = pl.col("opened_at").dt.replace_time_zone(None).dt.offset_by("9h30m")
            opened = opening.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
            rows = rows.with_columns(opened.alias("opened_at"))
        return rows.filter(pl.col("opened_at").dt.epoch("s").is_between(first, last))

    def _sparks(self, tickers: Sequence[str]) -> dict[str, object]:
        assert len(tickers) <= 20
        at = round(_QUOTED_AT.timestamp())
        prices = {ticker: 101.37 + (ticker == "S0") for ticker in tickers if ticker != "ZZZZZ"}
        return {
            ticker: {
                "symbol": ticker,
                "timestamp": [at - 60, at, at + 60],
                "close": [1.0, float(np.float32(price)), None],
                "previousClose": 100.0,
            }
            for ticker, price in prices.items()
        }


def _json(document: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=orjson.dumps(document))


class _ChartFaults(FaultTransport):
    # The rows of a chart are columns: a late page lacks the first element of each.
    def _late(self, served: httpx.Response) -> httpx.Response:
        document = orjson.loads(served.content)
        chart = document["chart"]["result"][0]
        chart["timestamp"] = chart["timestamp"][1:]
        (quote,) = chart["indicators"]["quote"]
        chart["indicators"]["quote"] = [{name: values[1:] for name, values in quote.items()}]
        return _json(document)


@dataclass(slots=True)
class YahooSubject:
    case: Case
    faults: frozenset[WireFault]
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    reference: ReferenceCase = field(default_factory=_reference_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_NOW))

    def open(self, fault: WireFault | None = None) -> Provider:
        settings = YahooSettings(
            base_url="http://yahoo.test",
            api_key=SecretStr(SECRET),
            rate_per_minute=1e6,
            timeout_seconds=0.1,
            max_attempts=3,
        )
        starts: list[str] = []

        def is_later_page(request: httpx.Request) -> bool:
            if request.url.path == "/v8/finance/spark":
                return "S20" in request.url.params["symbols"]
            if request.url.params["interval"] == "1mo":
                return False
            starts.append(request.url.params["period1"])
            return starts[-1] != starts[0]

        server = _Yahoo(self.case.truth, self.case.timeframe)
        transport = _ChartFaults(server.serve, fault, is_later_page=is_later_page)
        return open_provider("yahoo", ProvidersSettings(yahoo=settings), self.clock, transport)


def _of_days() -> YahooSubject:
    # All days come in one call: there is no later page to fail.
    case = _case(Timeframe.D1, _DAYS, days(date(2024, 1, 13), date(2024, 1, 15)))
    return YahooSubject(case, frozenset(WireFault) - {WireFault.PAGE_FAILS, WireFault.LATE_PAGE})


def _of_minutes() -> YahooSubject:
    return YahooSubject(_case(Timeframe.M1, _MINUTES, days(date(2024, 5, 4), date(2024, 5, 5))), frozenset(WireFault))


class TestYahooDays(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return _of_days()


class TestYahooMinutes(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return _of_minutes()

    @pytest.mark.skip(reason="minutes settle one after the other, closer together than this case looks; days have it")
    async def test_06_the_forming_candle_is_not_final_and_settled_ones_are(self, subject: ProviderSubject) -> None:
        """Skipped: see the reason."""

    @pytest.mark.skip(reason="the split lies before the minutes; days have it")
    async def test_16_splits_are_told_with_their_ratio(self, subject: ProviderSubject) -> None:
        """Skipped: see the reason."""


class TestYahooQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return _of_days()


class TestYahooReference(ReferenceContract):
    @pytest.fixture
    def subject(self) -> ReferenceSubject:
        return _of_days()
