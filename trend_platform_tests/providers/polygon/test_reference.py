"""Polygon's dividends, tickers and hours: which way is cheaper, what is no answer, what has no symbol."""

from datetime import UTC, date, datetime

import httpx
import orjson
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.errors import Malformed
from trend_platform.providers.polygon.delistings import read_delistings
from trend_platform.providers.polygon.dividends import read_dividends
from trend_platform.providers.polygon.hours import read_special_days, read_status
from trend_platform.providers.polygon.listing import read_listing
from trend_platform.providers.polygon.provider import Polygon, open_polygon
from trend_platform.settings import PolygonSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
YEAR = days(date(2025, 1, 1), date(2025, 12, 31))
DAY = days(date(2025, 1, 2), date(2025, 1, 2))
AAPL = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")


class Recorder(httpx.AsyncBaseTransport):
    def __init__(self, document: object) -> None:
        self._body = orjson.dumps(document)
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        return httpx.Response(200, content=self._body)


def _open(document: object) -> tuple[Polygon, Recorder]:
    recorder = Recorder(document)
    settings = PolygonSettings(
        base_url="http://polygon.test", api_key=SecretStr("k"), rate_per_minute=1e6, max_attempts=1
    )
    return open_polygon(settings, ManualClock(NOW), recorder), recorder


def _shares(count: int) -> list[Instrument]:
    return [Instrument(number, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(count)]


async def test_dividends_of_a_few_shares_are_asked_share_by_share_and_those_of_many_by_date() -> None:
    for count, calls in ((3, 3), (100, 1)):
        provider, recorder = _open({"status": "OK", "results": []})
        answer = await provider.dividends(_shares(count), YEAR if count == 3 else DAY)
        assert answer.calls == len(recorder.asked) == calls
        assert ("ticker" in recorder.asked[0].params) == (count == 3)
        assert recorder.asked[0].params["limit"] == "1000"


async def test_pages_of_dividends_that_go_round_in_a_circle_end() -> None:
    again = "https://api.polygon.io/v3/reference/dividends?cursor=x"
    provider, recorder = _open({"status": "OK", "results": [], "next_url": again})
    with pytest.raises(Malformed, match="round in a circle after 2 pages") as caught:
        await provider.dividends([AAPL], YEAR)
    assert caught.value.calls == len(recorder.asked) == 2


@pytest.mark.parametrize("document", [[], {}, {"status": "OK", "results": {}}, "x", None])
def test_what_is_no_page_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="holds no dividends"):
        read_dividends(document, {"AAPL": AAPL})
    with pytest.raises(Malformed, match="holds no tickers"):
        read_listing(document, AssetClass.STOCK)
    with pytest.raises(Malformed, match="holds no tickers"):
        read_delistings(document, {"AAPL": AAPL})


async def test_delistings_are_asked_ticker_by_ticker_and_never_as_a_whole_listing() -> None:
    provider, recorder = _open({"status": "OK", "results": []})
    answer = await provider.delistings([*_shares(2), Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")])
    assert answer.calls == 2
    assert [(one.params["ticker"], one.params["active"]) for one in recorder.asked] == [
        ("S0", "false"),
        ("S1", "false"),
    ]


def test_rows_of_other_tickers_or_without_a_day_are_no_delistings() -> None:
    rows: list[object] = [
        {"ticker": "AAPL", "active": False},
        {"ticker": "AAPL", "active": False, "delisted_utc": "some day"},
        {"ticker": "AAPLW", "active": False, "delisted_utc": "2020-02-03T05:00:00Z"},
        {"ticker": "AAPL", "active": False, "delisted_utc": "2020-02-04T05:00:00Z"},
    ]
    read = read_delistings({"status": "OK", "results": rows}, {"AAPL": AAPL})
    assert read.rows() == [(7, date(2020, 2, 4), "polygon")]


def test_rows_without_an_amount_or_a_day_are_no_dividends() -> None:
    rows: list[object] = [
        {"ticker": "AAPL", "ex_dividend_date": "2025-02-07", "cash_amount": 0},
        {"ticker": "AAPL", "ex_dividend_date": None, "cash_amount": 1},
        {"ticker": "AAPL", "ex_dividend_date": "2025-02-07", "cash_amount": "0.25"},
        {"ticker": "MSFT", "ex_dividend_date": "2025-02-07", "cash_amount": 1},
        "no row",
    ]
    read = read_dividends({"status": "OK", "results": rows}, {"AAPL": AAPL})
    assert read.rows() == [(7, date(2025, 2, 7), 0.25, "USD", "polygon")]


@pytest.mark.parametrize("document", [[], {}, {"market": "open"}, {"market": "open", "serverTime": "2026-11-20T10:00"}])
def test_a_status_without_market_or_time_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_status(document)


def test_a_phase_in_unknown_words_is_never_taken_for_closed() -> None:
    with pytest.raises(Malformed, match="'halted'; known are open"):
        read_status({"market": "halted", "serverTime": "2026-11-20T10:00:00-05:00"})


@pytest.mark.parametrize(
    "document",
    [
        {},
        [{}],
        [{"exchange": "NYSE", "date": "soon", "status": "closed"}],
        [{"exchange": "NYSE", "date": "2026-11-27", "status": "early-close"}],
    ],
)
def test_special_days_without_date_or_hours_are_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_special_days(document)
