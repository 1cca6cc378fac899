"""What Coinbase is asked, and what is made of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Malformed, NothingThere, UsageError
from trend_platform.providers.base import CandleRequest, Quota, Route
from trend_platform.providers.coinbase.last_trades import read_ticker
from trend_platform.providers.coinbase.provider import Coinbase, open_coinbase
from trend_platform.settings import CoinbaseSettings
from trend_platform_tests.providers.exchanges import Exchange, asking, pair

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _open(*documents: object, **settings: object) -> tuple[Coinbase, Exchange]:
    exchange = Exchange(*documents or ([],))
    chosen = {"base_url": "http://coinbase.test", "rate_per_minute": 1e6, "max_attempts": 1, **settings}
    return open_coinbase(CoinbaseSettings.model_validate(chosen), ManualClock(NOW), exchange), exchange


async def test_a_window_holds_300_candles_and_windows_join() -> None:
    provider, exchange = _open()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    await provider.candles(asking("BTC-USD", Timeframe.H1, Interval(start, start + 700 * HOUR)))
    spans = [
        [datetime.fromisoformat(request.url.params[name]) for name in ("start", "end")] for request in exchange.asked
    ]
    assert [first for first, _ in spans] == [start, start + 300 * HOUR, start + 600 * HOUR]
    assert all(299 * HOUR < last - first < 300 * HOUR for first, last in spans[:2])
    assert spans[-1][1] == start + 700 * HOUR - timedelta(seconds=1)
    assert {request.url.params["granularity"] for request in exchange.asked} == {"3600"}
    assert {request.url.path for request in exchange.asked} == {"/products/BTC-USD/candles"}


async def test_a_request_between_the_marks_begins_with_the_next_one() -> None:
    provider, exchange = _open()
    start = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    await provider.candles(asking("BTC-USD", Timeframe.H1, Interval(start, start + 3 * HOUR)))
    assert exchange.asked[0].url.params["start"] == "2026-01-01T01:00:00Z"


async def test_prices_stand_in_their_own_order_low_high_open_close() -> None:
    provider, _ = _open([[1767312000, 10.0, 40.0, 20.0, 30.0, 5.5], [1767225600, 1.0, 4.0, 2.0, 3.0, 6.5]])
    answer = await provider.candles(asking("BTC-USD", Timeframe.D1, days(date(2026, 1, 1), date(2026, 1, 2))))
    assert answer.candles.select("open", "high", "low", "close", "volume").rows() == [
        (2.0, 4.0, 1.0, 3.0, 6.5),
        (20.0, 40.0, 10.0, 30.0, 5.5),
    ]


async def test_candles_without_trades_are_absent_and_the_evidence_says_so() -> None:
    provider, _ = _open([[1767225600, 1.0, 4.0, 2.0, 3.0, 6.5]])
    answer = await provider.candles(asking("BTC-USD", Timeframe.D1, days(date(2026, 1, 1), date(2026, 1, 4))))
    assert answer.answered == days(date(2026, 1, 1), date(2026, 1, 4))
    assert "3 of 4 candles are absent: it leaves out those without trades" in answer.evidence


async def test_the_newest_candles_in_place_of_the_asked_ones_are_refused() -> None:
    # So it answers when it overlooks a bound.
    provider, _ = _open([[1795132800, 1.0, 4.0, 2.0, 3.0, 6.5]])
    with pytest.raises(Malformed, match="outside the asked"):
        await provider.candles(asking("BTC-USD", Timeframe.D1, days(date(2026, 1, 1), date(2026, 1, 4))))


async def test_other_lengths_and_routes_are_refused_without_a_call() -> None:
    provider, exchange = _open()
    day = days(date(2026, 1, 1), date(2026, 1, 1))
    for request in (
        asking("BTC-USD", Timeframe.H4, day),
        CandleRequest(Route.BY_SESSION, (pair("BTC-USD"),), Timeframe.D1, day),
    ):
        with pytest.raises(UsageError):
            await provider.candles(request)
    with pytest.raises(NothingThere):
        await provider.candles(CandleRequest(Route.BY_SYMBOL, (pair("BTC"),), Timeframe.D1, day))
    assert exchange.asked == []


@pytest.mark.parametrize(("rate", "quota"), [(None, Quota(8.0, 1.0)), (60.0, Quota(1.0, 1.0)), (6.0, Quota(1.0, 10.0))])
def test_calls_are_paced_by_the_second(rate: float | None, quota: Quota) -> None:
    provider, _ = _open(rate_per_minute=rate)
    assert provider.capabilities.quotas == (quota,)


def test_it_reaches_back_to_its_first_candle_and_spells_pairs_as_everybody() -> None:
    provider, _ = _open()
    assert provider.reach(pair("BTC-USD"), Timeframe.M1, NOW) == datetime(2015, 7, 20, tzinfo=UTC)
    assert provider.symbol_of(pair("BTC-USDT")) == "BTC-USDT"
    assert provider.symbol_of(pair("BTC")) is None
    assert provider.symbol_of(Instrument(1, "EUR-USD", AssetClass.FOREX, "24/5")) is None


def test_a_ticker_is_the_last_trade_with_its_own_time() -> None:
    told = {"price": "2.5", "size": "0.5", "bid": "2.4", "ask": "2.6", "time": "2026-11-20T11:59:00.123456Z"}
    (row,) = read_ticker(told, pair("BTC-USD", 7)).to_dicts()
    at = datetime(2026, 11, 20, 11, 59, 0, 123456, tzinfo=UTC)
    assert row == {"instrument_id": 7, "quoted_at": at, "price": 2.5, "bid": 2.4, "ask": 2.6, "size": 0.5}


@pytest.mark.parametrize("document", [None, [], {}, {"bid": "1"}])
def test_what_is_no_ticker_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_ticker(document, pair("BTC-USD"))


async def test_a_product_that_never_traded_is_nothing_there_and_a_price_without_time_is_malformed() -> None:
    provider, _ = _open({"price": None}, {"price": "1.5"})
    answer = await provider.quotes([pair("NEW-USD", 1)])
    assert answer.nothing_there == {1}
    with pytest.raises(Malformed, match="without its time"):
        await provider.quotes([pair("BTC-USD", 2)])
