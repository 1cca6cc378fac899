"""What Polygon is asked for latest prices: addresses, parts, markets, and what a plan without snapshots costs."""

from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed, NotEntitled
from trend_platform.providers.polygon.provider import Polygon, open_polygon
from trend_platform.settings import PolygonSettings

NOW = datetime(2026, 11, 20, 15, 3, 20, tzinfo=UTC)
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
SPY = Instrument(2, "SPY", AssetClass.ETF, "XNYS")
BTC = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
STOCKS, COINS = "/v2/snapshot/locale/us/markets/stocks/tickers", "/v2/snapshot/locale/global/markets/crypto/tickers"
REFUSED = {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data. Please upgrade your plan."}


class Market(httpx.AsyncBaseTransport):
    """Quotes whatever is asked, except on paths with an answer of their own."""

    def __init__(self, answers: dict[str, tuple[int, object]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        stamp = int(NOW.timestamp() - 1) * 10**9
        rows = [
            {"ticker": ticker, "lastTrade": {"p": 5.0, "t": stamp}}
            for ticker in request.url.params["tickers"].split(",")
        ]
        status, document = self._answers.get(request.url.path, (200, {"status": "OK", "tickers": rows}))
        return httpx.Response(status, content=orjson.dumps(document))


def _open(answers: dict[str, tuple[int, object]] | None = None) -> tuple[Polygon, Market, ManualClock]:
    market, clock = Market(answers or {}), ManualClock(NOW)
    settings = PolygonSettings(
        base_url="http://polygon.test", rate_per_minute=1e6, api_key=SecretStr("k"), max_attempts=1
    )
    return open_polygon(settings, clock, market), market, clock


async def test_shares_and_funds_are_one_call_and_crypto_another() -> None:
    provider, market, _ = _open()
    answer = await provider.quotes([AAPL, BTC, SPY])
    assert sorted(market.asked) == [f"{COINS}?tickers=X:BTCUSD", f"{STOCKS}?tickers=AAPL,SPY"]
    assert (answer.calls, answer.quotes["instrument_id"].to_list()) == (2, [1, 2, 3])


async def test_instruments_of_one_ticker_are_both_failures_and_none_is_passed_over() -> None:
    provider, market, _ = _open()
    twin = Instrument(4, "SPY", AssetClass.STOCK, "XNYS")
    answer = await provider.quotes([AAPL, SPY, twin])
    assert market.asked == [f"{STOCKS}?tickers=AAPL"]
    assert (answer.quotes["instrument_id"].to_list(), set(answer.failures)) == ([1], {2, 4})


async def test_five_hundred_shares_are_one_call_and_five_thousand_several() -> None:
    provider, market, _ = _open()
    many = [Instrument(number, f"Q{number:04d}", AssetClass.STOCK, "XNYS") for number in range(5000)]
    assert (await provider.quotes(many[:500])).calls == 1
    answer = await provider.quotes(many)
    assert (answer.calls, answer.quotes.height) == (5, 5000)
    assert max(map(len, market.asked)) < 8000


async def test_a_plan_without_crypto_still_quotes_shares() -> None:
    provider, _, _ = _open({COINS: (403, REFUSED)})
    answer = await provider.quotes([AAPL, BTC])
    assert answer.quotes["instrument_id"].to_list() == [1]
    assert type(answer.failures[3]) is NotEntitled


async def test_a_plan_without_snapshots_is_not_asked_again_for_an_hour() -> None:
    provider, market, clock = _open({STOCKS: (403, REFUSED)})
    with pytest.raises(NotEntitled, match="not entitled") as first:
        await provider.quotes([AAPL])
    clock.advance(timedelta(minutes=59))
    with pytest.raises(NotEntitled, match="asked again from 2026-11-20T16:03Z on") as second:
        await provider.quotes([AAPL])
    assert (first.value.calls, second.value.calls, len(market.asked)) == (1, 0, 1)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(NotEntitled):
        await provider.quotes([AAPL])
    assert len(market.asked) == 2


async def test_an_error_inside_a_200_is_no_empty_answer() -> None:
    provider, _, _ = _open({STOCKS: (200, {"status": "ERROR", "error": "something went wrong"})})
    with pytest.raises(Malformed, match="something went wrong") as caught:
        await provider.quotes([AAPL])
    assert caught.value.calls == 1


async def test_a_ticker_that_is_missing_in_the_answer_is_nothing_there() -> None:
    provider, _, _ = _open({STOCKS: (200, {"status": "OK", "count": 0, "tickers": []})})
    answer = await provider.quotes([AAPL, SPY])
    assert (answer.nothing_there, answer.quotes.height, answer.failures) == (frozenset({1, 2}), 0, {})


async def test_a_coin_without_a_currency_has_no_ticker_and_is_not_asked() -> None:
    provider, market, _ = _open()
    answer = await provider.quotes([Instrument(4, "BTC", AssetClass.CRYPTO, "24/7")])
    assert (answer.nothing_there, answer.calls, market.asked) == (frozenset({4}), 0, [])
