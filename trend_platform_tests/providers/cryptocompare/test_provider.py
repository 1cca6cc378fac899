"""What CryptoCompare is asked: by whom, in windows of 2,000, how far back, and in which dialect."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, NothingThere, UsageError
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.cryptocompare.provider import CryptoCompare, open_cryptocompare
from trend_platform.settings import CryptoCompareSettings
from trend_platform_tests.providers.exchanges import Exchange, asking, pair
from trend_platform_tests.providers.network import KEY

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
OLD = "https://min-api.cryptocompare.com"
COIN = pair("BTC-USD")


def _open(*documents: object, **settings: object) -> tuple[CryptoCompare, Exchange]:
    exchange = Exchange(*documents or ({"Data": [], "Err": {}},))
    told = {"api_key": SecretStr(KEY), "rate_per_minute": 1e6, "max_attempts": 1, **settings}
    return open_cryptocompare(CryptoCompareSettings.model_validate(told), ManualClock(NOW), exchange), exchange


def _row(at: datetime) -> dict[str, object]:
    prices = {"OPEN": 1.0, "HIGH": 4.0, "LOW": 0.5, "CLOSE": 2.0, "VOLUME": 9.0}
    return {"TIMESTAMP": int(at.timestamp()), **prices}


def test_without_a_key_it_is_said_that_there_is_no_free_plan() -> None:
    with pytest.raises(AuthFailed, match="no free plan since 2026-05-21: set CRYPTOCOMPARE_API_KEY"):
        open_cryptocompare(CryptoCompareSettings(), ManualClock(NOW))


async def test_long_intervals_are_asked_in_windows_that_end_with_the_present() -> None:
    provider, exchange = _open()
    await provider.candles(
        asking("BTC-USD", Timeframe.H1, Interval(NOW - timedelta(hours=4500), NOW + timedelta(days=9)))
    )
    asked = [dict(request.url.params) for request in exchange.asked]
    assert [params["limit"] for params in asked] == ["2000", "2000", "500"]
    ends = [NOW - timedelta(hours=2500), NOW - timedelta(hours=500), NOW]
    assert [int(params["to_ts"]) for params in asked] == [int(end.timestamp()) - 1 for end in ends]
    assert exchange.asked[0].headers["authorization"] == f"Apikey {KEY}"


async def test_the_last_candle_is_forming_and_rows_before_the_window_are_left_out() -> None:
    hours = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (9, 10, 11, 12)]
    provider, _ = _open({"Data": [_row(at) for at in hours], "Err": {}})
    answer = await provider.candles(asking("BTC-USD", Timeframe.H1, Interval(hours[1], NOW)))
    assert answer.candles["opened_at"].to_list() == hours[1:]
    assert answer.candles["is_final"].to_list() == [True, True, False]
    assert answer.candles["basis"].unique().to_list() == ["raw"]


def test_minutes_are_kept_for_days_and_longer_candles_forever() -> None:
    provider, _ = _open()
    assert provider.reach(COIN, Timeframe.M1, NOW) == datetime(2026, 11, 14, tzinfo=UTC)
    assert provider.reach(COIN, Timeframe.H1, NOW) is None
    assert provider.reach(COIN, Timeframe.D1, NOW) is None
    assert _open(minute_days=None)[0].reach(COIN, Timeframe.M1, NOW) is None


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        ({}, "market", "cadli"),
        ({"base_url": OLD}, "e", "CCCAGG"),
        ({"base_url": OLD, "market": "Kraken"}, "e", "Kraken"),
    ],
)
async def test_the_host_says_which_api_it_is_and_whose_prices_are_its_default(
    settings: dict[str, str], name: str, value: str
) -> None:
    provider, exchange = _open({"Data": []}, **settings)
    await provider.candles(asking("BTC-USD", Timeframe.D1, days(date(2026, 11, 17), date(2026, 11, 18))))
    assert exchange.asked[0].url.params[name] == value


async def test_other_lengths_routes_and_what_is_no_pair_are_refused_without_a_call() -> None:
    provider, exchange = _open()
    interval = days(date(2026, 11, 17), date(2026, 11, 18))
    for route, timeframe in ((Route.BY_SYMBOL, Timeframe.M5), (Route.BY_SESSION, Timeframe.D1)):
        with pytest.raises(UsageError, match="1m, 1h, 1d candles by symbol"):
            await provider.candles(CandleRequest(route, (COIN,), timeframe, interval))
    with pytest.raises(NothingThere, match="no pair"):
        await provider.candles(asking("BTC", Timeframe.D1, interval))
    assert exchange.asked == []


async def test_what_is_no_pair_has_no_price_and_costs_no_call() -> None:
    provider, exchange = _open()
    answer = await provider.quotes([pair("BTC", 8)])
    assert (answer.nothing_there, answer.calls, exchange.asked) == (frozenset({8}), 0, [])


def test_symbols_are_the_canonical_ones() -> None:
    provider, _ = _open()
    assert provider.symbol_of(COIN) == "BTC-USD"
    assert provider.symbol_of(pair("BTC")) is None
    assert provider.symbol_of(Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")) is None


async def test_coins_do_not_split() -> None:
    provider, exchange = _open()
    answer = await provider.splits([COIN], days(date(2020, 1, 1), NOW.date()))
    assert (answer.splits.height, answer.calls, exchange.asked) == (0, 0, [])
