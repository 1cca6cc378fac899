"""What CoinGecko is asked: windows, ids, keys, depth."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, GranularityMismatch, Malformed, NothingThere, RateLimited, UsageError
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.coingecko.provider import CoinGecko, open_coingecko
from trend_platform.settings import CoinGeckoSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BTC = Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")
LISTED = [
    {"id": "solo", "symbol": "only"},
    {"id": "a-twin", "symbol": "twin"},
    {"id": "b-twin", "symbol": "twin"},
    {"id": ""},
]
MARKETS = [{"id": "a-twin", "market_cap": None}, {"id": "b-twin", "market_cap": 7.5}, {"id": "other", "market_cap": 9}]


class Recorder(httpx.AsyncBaseTransport):
    def __init__(self, answers: Mapping[str, tuple[int, object]]) -> None:
        self._answers = {"/coins/list": (200, LISTED), "/coins/markets": (200, MARKETS), **answers}
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        status, document = self._answers.get(request.url.path, (200, {"prices": []}))
        return httpx.Response(status, content=orjson.dumps(document))


def _open(answers: Mapping[str, tuple[int, object]] | None = None, **settings: object) -> tuple[CoinGecko, Recorder]:
    recorder = Recorder(answers or {})
    chosen = {"base_url": "http://coingecko.test", "rate_per_minute": 1e6, "max_attempts": 1, **settings}
    return open_coingecko(CoinGeckoSettings.model_validate(chosen), ManualClock(NOW), recorder), recorder


def _request(symbol: str = "BTC-USD", first: date = date(2026, 9, 1), last: date = date(2026, 9, 10)) -> CandleRequest:
    return CandleRequest(
        Route.BY_SYMBOL, (Instrument(1, symbol, AssetClass.CRYPTO, "24/7"),), Timeframe.D1, days(first, last)
    )


def _span(request: httpx.Request) -> tuple[datetime, datetime]:
    first, last = (datetime.fromtimestamp(int(request.url.params[name]), UTC) for name in ("from", "to"))
    return first, last


async def test_a_year_is_asked_in_windows_that_are_answered_in_hours() -> None:
    provider, recorder = _open()
    await provider.candles(_request(first=date(2025, 11, 21), last=date(2026, 11, 20)))
    spans = [_span(request) for request in recorder.asked]
    assert len(spans) == 5
    assert all(timedelta(days=2) <= last - first <= timedelta(days=90) for first, last in spans)
    assert spans[0][0] == midnight(date(2025, 11, 21))
    assert spans[-1][1] == NOW


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2026, 11, 19), date(2026, 9, 1)])
async def test_a_single_day_is_asked_with_its_neighbours_lest_it_come_in_minutes(day: date) -> None:
    provider, recorder = _open()
    await provider.candles(_request(first=day, last=day))
    first, last = _span(recorder.asked[0])
    assert last - first >= timedelta(days=2, hours=12)
    assert first <= midnight(day)
    assert last <= NOW


async def test_the_first_day_within_reach_is_not_asked_with_days_beyond_it() -> None:
    provider, recorder = _open()
    day = date(2025, 11, 21)
    await provider.candles(_request(first=day, last=day))
    assert _span(recorder.asked[0])[0] == midnight(day)


async def test_a_range_too_old_for_the_plan_is_beyond_depth() -> None:
    error = {"error": {"status": {"error_code": 10012, "error_message": "past 365 days"}}}
    provider, _ = _open({"/coins/bitcoin/market_chart/range": (401, error)})
    with pytest.raises(BeyondDepth):
        await provider.candles(_request())


async def test_days_where_hours_were_asked_are_refused() -> None:
    stamps = [int((midnight(date(2026, 9, 1)) + timedelta(days=number)).timestamp()) * 1000 for number in range(10)]
    provider, _ = _open({"/coins/bitcoin/market_chart/range": (200, {"prices": [[stamp, 1.0] for stamp in stamps]})})
    with pytest.raises(GranularityMismatch) as caught:
        await provider.candles(_request())
    assert caught.value.calls == 1


def test_the_reach_is_the_first_whole_day_of_the_plan() -> None:
    assert _open()[0].reach(BTC, Timeframe.D1, NOW) == midnight(date(2025, 11, 21))
    assert _open(history_days=None)[0].reach(BTC, Timeframe.D1, NOW) is None


async def test_a_pinned_coin_needs_no_look_up() -> None:
    provider, recorder = _open()
    await provider.candles(_request())
    assert [request.url.path for request in recorder.asked] == ["/coins/bitcoin/market_chart/range"]
    assert recorder.asked[0].url.params["vs_currency"] == "usd"


async def test_another_coin_is_looked_up_once() -> None:
    provider, recorder = _open()
    first = await provider.candles(_request("ONLY-EUR"))
    second = await provider.candles(_request("ONLY-EUR"))
    paths = [request.url.path for request in recorder.asked]
    assert paths == ["/coins/list", "/coins/solo/market_chart/range", "/coins/solo/market_chart/range"]
    assert (first.calls, second.calls) == (2, 1)


async def test_a_symbol_of_two_coins_is_an_error_that_names_both_the_larger_first() -> None:
    provider, recorder = _open()
    for calls in (2, 0):
        with pytest.raises(Malformed, match=r"b-twin, a-twin.*providers\.coingecko\.ids") as caught:
            await provider.candles(_request("TWIN-USD"))
        assert caught.value.calls == calls
    assert [request.url.path for request in recorder.asked] == ["/coins/list", "/coins/markets"]
    assert recorder.asked[1].url.params["ids"] == "a-twin,b-twin"


async def test_without_a_ranking_the_reason_is_the_rankings() -> None:
    provider, _ = _open({"/coins/markets": (429, {"status": {"error_code": 429, "error_message": "slow down"}})})
    with pytest.raises(RateLimited) as caught:
        await provider.candles(_request("TWIN-USD"))
    assert caught.value.calls == 2


async def test_it_lists_the_coins_that_a_symbol_alone_names() -> None:
    provider, recorder = _open(ids={"TWIN": "b-twin"})
    told = await provider.listing(AssetClass.CRYPTO)
    assert dict(told.listing.select("symbol", "provider_symbol").iter_rows())["TWIN-USD"] == "b-twin"
    for symbol, coin in told.listing.select("symbol", "provider_symbol").iter_rows():
        assert provider.symbol_of(Instrument(1, symbol, AssetClass.CRYPTO, "24/7")) in {
            coin,
            symbol.split("-")[0].lower(),
        }
    assert (told.calls, len(recorder.asked)) == (1, 1)
    alone, _ = _open()
    left = await alone.listing(AssetClass.CRYPTO)
    assert "TWIN-USD" not in left.listing["symbol"]
    assert left.left_out == told.left_out + 1


async def test_it_lists_no_shares() -> None:
    provider, _ = _open()
    with pytest.raises(UsageError, match="lists no stock"):
        await provider.listing(AssetClass.STOCK)


async def test_the_users_own_choice_settles_it() -> None:
    provider, recorder = _open(ids={"TWIN": "b-twin"})
    await provider.candles(_request("TWIN-USD"))
    assert recorder.asked[0].url.path == "/coins/b-twin/market_chart/range"


async def test_an_unknown_coin_is_a_fact() -> None:
    provider, _ = _open()
    with pytest.raises(NothingThere) as caught:
        await provider.candles(_request("NOPE-USD"))
    assert caught.value.calls == 1


def test_pairs_it_cannot_price_have_no_symbol() -> None:
    provider, _ = _open()
    spelt = {
        symbol: provider.symbol_of(Instrument(1, symbol, AssetClass.CRYPTO, "24/7"))
        for symbol in ("BTC-USD", "X-USD", "BTC-USDT")
    }
    assert spelt == {"BTC-USD": "bitcoin", "X-USD": "x", "BTC-USDT": None}
    assert provider.symbol_of(Instrument(1, "EUR-USD", AssetClass.FOREX, "24/5")) is None


async def test_only_days_by_symbol_are_served() -> None:
    provider, _ = _open()
    with pytest.raises(UsageError):
        await provider.candles(CandleRequest(Route.BY_SYMBOL, (BTC,), Timeframe.H1, _request().interval))


@pytest.mark.parametrize(("key", "header"), [(None, False), ("k", True)])
async def test_a_key_goes_into_the_header_and_never_into_the_address(key: str | None, header: bool) -> None:
    provider, recorder = _open(api_key=key)
    await provider.candles(_request())
    assert ("x-cg-demo-api-key" in recorder.asked[0].headers) is header
    assert "key" not in str(recorder.asked[0].url)


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({}, [30]),
        ({"api_key": "k", "rate_per_minute": 80}, [80, 9_500]),
        ({"api_key": "k", "base_url": "https://pro-api.coingecko.com/api/v3", "rate_per_minute": 500}, [500]),
        ({"calls_per_month": 100_000, "rate_per_minute": 250}, [250, 100_000]),
    ],
)
def test_the_month_of_a_demo_key_is_counted(settings: dict[str, object], weights: list[float]) -> None:
    provider = open_coingecko(CoinGeckoSettings.model_validate(settings), ManualClock(NOW))
    assert [quota.weight for quota in provider.capabilities.quotas] == weights
    assert [quota.period_seconds for quota in provider.capabilities.quotas][1:] == [2_592_000.0] * (len(weights) - 1)
