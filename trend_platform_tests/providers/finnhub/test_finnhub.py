"""Finnhub's quirks: zeros, plans, arrays, stamps."""

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
from trend_platform.errors import (
    AuthFailed,
    GranularityMismatch,
    Malformed,
    NotEntitled,
    ProviderError,
    RateLimited,
    UsageError,
)
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.finnhub.classing import classify
from trend_platform.providers.finnhub.parsing import read_candles, read_quote
from trend_platform.providers.finnhub.provider import Finnhub, open_finnhub
from trend_platform.providers.http import HttpAnswer
from trend_platform.settings import FinnhubSettings
from trend_platform_tests.providers.network import Reply, Script

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AAPL = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
REQUEST = CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.D1, days(date(2026, 11, 16), date(2026, 11, 18)))


def _open(*replies: Reply, has_candles: bool = True, key: str | None = "k") -> tuple[Finnhub, Script]:
    script = Script(replies)
    secret = SecretStr(key) if key else None
    settings = FinnhubSettings(api_key=secret, has_candles=has_candles, rate_per_minute=1e6, max_attempts=1)
    return open_finnhub(settings, ManualClock(NOW), script), script


def _said(status: int, document: object) -> ProviderError | None:
    return classify(HttpAnswer(status, {}, orjson.dumps(document)))


def test_without_a_key_the_variable_is_named() -> None:
    with pytest.raises(AuthFailed, match="FINNHUB_API_KEY"):
        _open(key=None)


async def test_on_the_free_plan_no_candles_are_claimed_and_none_are_asked() -> None:
    provider, script = _open((200, {}, b"{}"), has_candles=False)
    assert provider.capabilities.timeframes == frozenset()
    with pytest.raises(NotEntitled, match="HAS_CANDLES"):
        await provider.candles(REQUEST)
    assert script.requests == []


async def test_a_plan_that_lacks_candles_after_all_says_so() -> None:
    provider, _ = _open((403, {}, b'{"error":"You don\'t have access to this resource."}'))
    with pytest.raises(NotEntitled):
        await provider.candles(REQUEST)


async def test_days_are_asked_in_seconds_with_both_ends_and_stamped_with_their_date() -> None:
    noon = [int(datetime(2026, 11, day, 5, tzinfo=UTC).timestamp()) for day in (16, 17, 19)]
    body = {"s": "ok", "t": noon, **{name: [1.0, 2.0, 3.0] for name in "ohlc"}, "v": [5, None, 6]}
    provider, script = _open((200, {}, orjson.dumps(body)))
    answer = await provider.candles(REQUEST)
    params = script.requests[0].url.params
    first, last = (datetime.fromtimestamp(int(params[name]), UTC) for name in ("from", "to"))
    assert (first, last) == (REQUEST.interval.start, REQUEST.interval.end - timedelta(seconds=1))
    assert answer.candles.select(pl.col("opened_at").dt.day(), "close", "volume", "basis").rows() == [
        (16, 1.0, 5.0, "split"),
        (17, 2.0, None, "split"),
    ]


def test_candles_that_begin_on_one_day_are_of_another_length() -> None:
    hours = [1_593_714_600, 1_593_718_200]
    arrays = {name: [1.0, 2.0] for name in "ohlcv"}
    with pytest.raises(GranularityMismatch, match="2 candles begin on fewer days"):
        read_candles({"s": "ok", "t": hours, **arrays})
    assert read_candles({"s": "ok", "t": [hours[0]] * 2, **arrays}).height == 2


async def test_other_lengths_and_routes_are_refused() -> None:
    provider, _ = _open((200, {}, b"{}"))
    for route, timeframe in ((Route.BY_SYMBOL, Timeframe.H1), (Route.BY_SESSION, Timeframe.D1)):
        with pytest.raises(UsageError):
            await provider.candles(CandleRequest(route, (AAPL,), timeframe, REQUEST.interval))


@pytest.mark.parametrize(
    "told", [{"s": "ok", "t": [1], "o": [], "h": [], "l": [], "c": [], "v": []}, {"s": "ok", "t": 5}]
)
def test_arrays_that_differ_are_malformed(told: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="differ in length"):
        read_candles(told)


@pytest.mark.parametrize("told", [{}, [], {"s": "error"}, {"c": 1.0, "t": 5}])
def test_what_holds_no_candles_is_malformed(told: object) -> None:
    with pytest.raises(Malformed, match="holds no candles"):
        read_candles(told)


def test_candles_are_no_quote_though_their_letters_are_the_same() -> None:
    with pytest.raises(Malformed, match="holds no quote"):
        read_quote({"s": "ok", **{name: [1.0] for name in "tohlcv"}}, AAPL)


def test_zeros_are_an_unknown_symbol_and_no_price() -> None:
    (row,) = read_quote({"c": 0, "d": None, "pc": 0, "t": 0}, AAPL).to_dicts()
    assert row == {"instrument_id": 7, "quoted_at": None, "price": None, "previous_close": None}


@pytest.mark.parametrize("stamp", [0, -1, 1_779_480_000_000, "soon", None])
async def test_a_price_without_a_plausible_time_is_malformed(stamp: object) -> None:
    provider, _ = _open((200, {}, orjson.dumps({"c": 5.0, "pc": 4.0, "t": stamp})))
    with pytest.raises(Malformed, match="without its time"):
        await provider.quotes([AAPL])


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, "Invalid API key", AuthFailed),
        (403, "You don't have access to this resource.", NotEntitled),
        (429, "API limit reached. Please try again later. Remaining Limit: 0", RateLimited),
        (200, "API limit reached. Please try again later. Remaining Limit: 0", RateLimited),
        (200, "Invalid API key", AuthFailed),
        (422, "Wrong resolution", Malformed),
        (200, "Something new", Malformed),
    ],
)
def test_refusals_are_classed_by_status_and_words(status: int, said: str, kind: type[ProviderError]) -> None:
    assert type(_said(status, {"error": said})) is kind


def test_a_share_class_is_spelt_with_a_dot_and_coins_are_not_served() -> None:
    provider, _ = _open((200, {}, b"{}"))
    assert provider.symbol_of(Instrument(1, "BRK.B", AssetClass.STOCK, "XNYS")) == "BRK.B"
    assert provider.symbol_of(Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")) is None


async def test_each_symbol_is_a_call_and_a_failing_one_costs_itself() -> None:
    class Two(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.params["symbol"] == "MSFT":
                return httpx.Response(403, content=b'{"error":"You don\'t have access to this resource."}')
            return httpx.Response(200, content=b'{"c":308.82,"pc":304.99,"t":1779480000}')

    msft = Instrument(8, "MSFT", AssetClass.STOCK, "XNYS")
    settings = FinnhubSettings(api_key=SecretStr("k"), rate_per_minute=1e6, max_attempts=1)
    answer = await open_finnhub(settings, ManualClock(NOW), Two()).quotes([AAPL, msft])
    assert answer.quotes["price"].to_list() == [308.82]
    assert isinstance(answer.failures[8], NotEntitled)
