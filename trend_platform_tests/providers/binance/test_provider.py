"""What Binance is asked, and what its answers cost."""

from datetime import UTC, date, datetime

import httpx
import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, Malformed, NothingThere, UsageError
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.binance.provider import Binance, open_binance
from trend_platform.providers.binance.tickers import read_pairs, read_tickers
from trend_platform.settings import BinanceSettings
from trend_platform_tests.providers.network import Reply, Script

NOW = datetime(2024, 3, 8, 22, tzinfo=UTC)
DAYS = days(date(2024, 3, 5), date(2024, 3, 6))
DAY_MS = 86_400_000
UNKNOWN: Reply = (400, {}, b'{"code":-1121,"msg":"Invalid symbol."}')


def _coin(symbol: str, number: int = 1) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def _open(transport: httpx.AsyncBaseTransport) -> Binance:
    settings = BinanceSettings(base_url="http://binance.test", rate_per_minute=1e6)
    return open_binance(settings, ManualClock(NOW), transport)


def _days(symbol: str = "BTC-USD", timeframe: Timeframe = Timeframe.D1) -> CandleRequest:
    return CandleRequest(Route.BY_SYMBOL, (_coin(symbol),), timeframe, DAYS)


def _ticker(symbol: str, price: str = "10.5", at: int = 1_709_900_000_123) -> dict[str, object]:
    return {"symbol": symbol, "lastPrice": price, "lastQty": "2", "bidPrice": "10", "askPrice": "11", "closeTime": at}


async def test_bounds_are_milliseconds_and_both_included_and_the_dollar_is_said() -> None:
    start_ms = round(DAYS.start.timestamp()) * 1000
    rows = [[start_ms, "1", "2", "0.5", "1.5", "4", start_ms + DAY_MS - 1, "6", 17, "1", "2", "0"]]
    script = Script([(200, {}, orjson.dumps(rows))])
    answer = await _open(script).candles(_days())
    asked = dict(script.requests[0].url.params)
    assert asked == {
        "symbol": "BTCUSDT",
        "interval": "1d",
        "startTime": str(start_ms),
        "endTime": str(round(DAYS.end.timestamp()) * 1000 - 1),
        "limit": "1000",
    }
    assert answer.evidence == "BTCUSDT: 1 page, 1 row; USD is USDT there"


async def test_a_refusal_by_country_names_the_way_out() -> None:
    body = orjson.dumps({"code": 0, "msg": "Service unavailable from a restricted location"})
    with pytest.raises(Blocked, match="base_url"):
        await _open(Script([(451, {}, body)])).candles(_days())


async def test_an_unknown_pair_is_a_fact_and_no_pair_is_no_call() -> None:
    script = Script([UNKNOWN])
    with pytest.raises(NothingThere, match="Invalid symbol"):
        await _open(script).candles(_days("NOSUCH-USD"))
    with pytest.raises(NothingThere, match="no pair"):
        await _open(script).candles(_days("USDT-USD"))
    with pytest.raises(UsageError, match="1w"):
        await _open(script).candles(_days(timeframe=Timeframe.W1))
    assert len(script.requests) == 1


async def test_one_unknown_pair_costs_the_list_of_pairs_once_and_the_others_nothing() -> None:
    pairs = {"symbols": [{"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT"}]}
    fine: Reply = (200, {}, orjson.dumps([_ticker("BTCUSDT")]))
    script = Script([UNKNOWN, (200, {}, orjson.dumps(pairs)), fine])
    binance = _open(script)
    for calls in (3, 1):
        answer = await binance.quotes([_coin("BTC-USD"), _coin("NOSUCH-USD", 2)])
        assert (answer.calls, answer.nothing_there) == (calls, frozenset({2}))
        assert answer.quotes["price"].to_list() == [10.5]
    assert orjson.loads(script.requests[-1].url.params["symbols"]) == ["BTCUSDT"]


async def test_two_names_of_one_pair_are_asked_once_and_both_quoted() -> None:
    script = Script([(200, {}, orjson.dumps([_ticker("BTCUSDT")]))])
    answer = await _open(script).quotes([_coin("BTC-USD"), _coin("BTC-USDT", 2)])
    assert orjson.loads(script.requests[0].url.params["symbols"]) == ["BTCUSDT"]
    assert answer.quotes.select("instrument_id", "price", "bid", "ask", "size").rows() == [
        (1, 10.5, 10.0, 11.0, 2.0),
        (2, 10.5, 10.0, 11.0, 2.0),
    ]


def test_a_pair_that_was_closed_keeps_its_row_and_has_no_price() -> None:
    rows = read_tickers([_ticker("BTCUSDT", "0.00000000")], {"BTCUSDT": [_coin("BTC-USD")]})
    assert rows["price"].to_list() == [None]


def test_a_time_in_another_unit_is_none() -> None:
    rows = read_tickers([_ticker("BTCUSDT", at=1_709_900_000_123_456)], {"BTCUSDT": [_coin("BTC-USD")]})
    assert rows["quoted_at"].to_list() == [None]


@pytest.mark.parametrize("document", [[7], {"price": "1"}, [{"symbol": "BTCUSDT", "price": "1.0"}]])
def test_what_is_no_ticker_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="holds no tickers"):
        read_tickers(document, {})
    with pytest.raises(Malformed, match="lists no pairs"):
        read_pairs(document)


def test_there_is_nothing_before_binance_opened() -> None:
    assert _open(Script([UNKNOWN])).reach(_coin("BTC-USD"), Timeframe.D1, NOW) == datetime(2017, 7, 14, tzinfo=UTC)
