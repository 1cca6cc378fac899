"""What Tiingo is asked: days whole, bars in windows, one symbol a call; and what its free plan leaves out."""

from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, Malformed, NothingThere, QuotaExhausted, Transient, UsageError
from trend_platform.providers.base import Answer, CandleRequest, Route
from trend_platform.providers.reference import TellsDividends
from trend_platform.providers.tiingo.provider import Tiingo, open_tiingo
from trend_platform.settings import TiingoSettings
from trend_platform_tests.contracts.tape import made_up
from trend_platform_tests.providers.serving import Serve, Serving

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
AAPL, BRK, SPY = (Instrument(n, s, AssetClass.STOCK, "XNYS") for n, s in enumerate(("AAPL", "BRK.B", "SPY"), 1))
BTC = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
WEEK = days(date(2026, 11, 9), date(2026, 11, 13))


def _nothing(_: httpx.Request) -> tuple[int, object]:
    return 200, []


def _open(serve: Serve = _nothing, **settings: object) -> tuple[Tiingo, Serving]:
    serving = Serving(serve)
    chosen = {"base_url": "http://tiingo.test", "max_attempts": 1, "api_key": SecretStr("k")}
    limits = {"calls_per_hour": 1e6, "calls_per_day": 1e6, "symbols_per_month": None}
    return open_tiingo(
        TiingoSettings.model_validate({**chosen, **limits, **settings}), ManualClock(NOW), serving
    ), serving


async def _candles(
    provider: Tiingo, instrument: Instrument, timeframe: Timeframe = Timeframe.D1, interval: Interval = WEEK
) -> Answer:
    return await provider.candles(CandleRequest(Route.BY_SYMBOL, (instrument,), timeframe, interval))


def _told(candles: pl.DataFrame) -> list[dict[str, object]]:
    return [
        {**row, "date": f"{row['opened_at']:%Y-%m-%dT%H:%M:%S.000Z}", "opened_at": None}
        for row in candles.iter_rows(named=True)
    ]


def _between(candles: pl.DataFrame, params: httpx.QueryParams) -> list[dict[str, object]]:
    first, last = (date.fromisoformat(params[name]) for name in ("startDate", "endDate"))
    return _told(candles.filter(pl.col("opened_at").dt.date().is_between(first, last)))


async def test_days_are_asked_by_date_both_included_and_the_key_travels_in_a_header() -> None:
    provider, serving = _open()
    await _candles(provider, BRK)
    path = "/tiingo/daily/brk-b/prices?startDate=2026-11-09&endDate=2026-11-13&resampleFreq=daily"
    assert serving.paths == [path]
    assert serving.asked[0].headers["authorization"] == "Token k"


async def test_a_day_that_began_before_the_interval_is_not_asked() -> None:
    provider, serving = _open()
    noon = timedelta(hours=12)
    await _candles(
        provider, AAPL, interval=Interval(midnight(date(2026, 11, 9)) + noon, midnight(date(2026, 11, 12)) + noon)
    )
    params = serving.asked[0].url.params
    assert (params["startDate"], params["endDate"]) == ("2026-11-10", "2026-11-12")


async def test_thirty_years_of_days_are_one_call() -> None:
    provider, serving = _open()
    answer = await _candles(provider, AAPL, interval=days(date(1995, 1, 1), date(2026, 11, 13)))
    assert (len(serving.asked), answer.calls) == (1, 1)


async def test_bars_of_shares_are_those_of_iex_without_their_volume_in_windows() -> None:
    quarter = days(date(2026, 8, 3), date(2026, 9, 30))
    told = made_up(quarter, Timeframe.M5)
    provider, serving = _open(lambda request: (200, _between(told, request.url.params)))
    answer = await _candles(provider, AAPL, Timeframe.M5, quarter)
    assert answer.candles["close"].to_list() == told["close"].to_list()
    assert answer.candles["volume"].null_count() == told.height
    assert {request.url.path for request in serving.asked} == {"/iex/aapl/prices"}
    # 41 sessions of 78 bars, 2,000 at most in a window.
    assert answer.calls == len(serving.asked) == 2
    assert dict(serving.asked[0].url.params) == {
        "startDate": "2026-08-03",
        "endDate": "2026-09-08",
        "resampleFreq": "5min",
        "columns": "open,high,low,close",
    }


async def test_hours_of_shares_are_added_up_from_half_hours_of_the_session() -> None:
    halves = made_up(days(date(2026, 11, 13), date(2026, 11, 13)), Timeframe.M30)
    provider, serving = _open(lambda request: (200, _between(halves, request.url.params)))
    candles = (await _candles(provider, AAPL, Timeframe.H1, days(date(2026, 11, 13), date(2026, 11, 13)))).candles
    assert serving.asked[0].url.params["resampleFreq"] == "30min"
    assert candles["opened_at"].dt.strftime("%H:%M").to_list() == [f"{hour}:30" for hour in range(14, 21)]
    assert candles.select("open", "close").row(0) == (185.0, 186.26)


async def test_bars_of_crypto_ask_for_a_day_more_because_the_end_may_not_be_included() -> None:
    day = days(date(2026, 11, 13), date(2026, 11, 13))
    told = made_up(days(date(2026, 11, 13), date(2026, 11, 14)), Timeframe.H1, "24/7")
    provider, serving = _open(lambda _: (200, [{"ticker": "btcusd", "priceData": _told(told)}]))
    answer = await _candles(provider, BTC, Timeframe.H1, day)
    assert answer.candles["close"].to_list() == told["close"].to_list()[:24]
    assert dict(serving.asked[0].url.params) == {
        "tickers": "btcusd",
        "resampleFreq": "1hour",
        "startDate": "2026-11-13",
        "endDate": "2026-11-15",
    }


async def test_a_window_that_fails_leaves_those_before_it() -> None:
    quarter = days(date(2026, 8, 3), date(2026, 9, 30))
    told = made_up(quarter, Timeframe.M5)

    def serve(request: httpx.Request) -> tuple[int, object]:
        is_first = request.url.params["startDate"] == "2026-08-03"
        return (200, _between(told, request.url.params)) if is_first else (500, {"detail": "A server error occurred."})

    answer = await _candles(_open(serve)[0], AAPL, Timeframe.M5, quarter)
    assert isinstance(answer.failure, Transient)
    assert answer.answered == Interval(quarter.start, told["opened_at"][2000])
    assert (answer.candles.height, answer.calls) == (2000, 2)


async def test_a_symbol_beyond_the_months_allowance_costs_no_call() -> None:
    provider, serving = _open(symbols_per_month=1)
    await _candles(provider, AAPL)
    with pytest.raises(QuotaExhausted, match="brk-b"):
        await _candles(provider, BRK)
    await _candles(provider, AAPL)
    assert len(serving.asked) == 2


async def test_splits_are_a_call_for_each_share_and_an_unknown_one_has_none() -> None:
    def serve(request: httpx.Request) -> tuple[int, object]:
        if "spy" in request.url.path:
            return 404, {"detail": "Error: Ticker 'SPY' not found"}
        return 200, [{"date": f"{day}T00:00:00.000Z", "splitFactor": 4.0} for day in ("2020-08-31", "2026-11-16")]

    provider, serving = _open(serve)
    answer = await provider.splits([BRK, SPY, BTC, AAPL], days(date(2020, 1, 1), date(2020, 12, 31)))
    assert answer.splits.rows() == [(1, date(2020, 8, 31), 4.0, "tiingo"), (2, date(2020, 8, 31), 4.0, "tiingo")]
    assert answer.calls == len(serving.asked) == 3


async def test_dividends_are_a_call_for_each_share_too() -> None:
    rows = [{"date": f"{day}T00:00:00.000Z", "divCash": 0.25} for day in ("2019-12-31", "2020-02-07")]
    provider, serving = _open(lambda _: (200, rows), calls_per_hour=9000)
    answer = await provider.dividends([AAPL, BTC, BRK], days(date(2020, 1, 1), date(2020, 12, 31)))
    assert answer.dividends.rows() == [
        (1, date(2020, 2, 7), 0.25, "USD", "tiingo"),
        (2, date(2020, 2, 7), 0.25, "USD", "tiingo"),
    ]
    assert answer.calls == len(serving.asked) == 2
    assert isinstance(provider, TellsDividends)


async def test_splits_that_fail_count_the_calls_before() -> None:
    provider, _ = _open(lambda request: (200, []) if "aapl" in request.url.path else (500, {"detail": "x"}))
    with pytest.raises(Transient) as caught:
        await provider.splits([AAPL, BRK], WEEK)
    assert caught.value.calls == 2


def test_the_free_plan_asks_neither_for_splits_and_dividends_nor_for_the_day_that_forms() -> None:
    free, paid = (_open(calls_per_hour=per_hour)[0].capabilities for per_hour in (48, 9000))
    assert (free.has_splits, free.has_dividends, free.serves_forming) == (False, False, False)
    assert (paid.has_splits, paid.has_dividends, paid.serves_forming) == (True, True, True)


def test_the_limits_are_the_hours_the_days_and_if_one_likes_the_minutes() -> None:
    provider, _ = _open(calls_per_hour=48, calls_per_day=950, rate_per_minute=10)
    quotas = [(quota.weight, quota.period_seconds) for quota in provider.capabilities.quotas]
    assert quotas == [(10.0, 60.0), (48.0, 3600.0), (950.0, 86_400.0)]


def test_bars_of_iex_begin_in_august_2017_and_days_with_the_listing() -> None:
    provider, _ = _open()
    assert provider.reach(AAPL, Timeframe.M1, NOW) == datetime(2017, 8, 1, tzinfo=UTC)
    assert provider.reach(AAPL, Timeframe.D1, NOW) is None
    assert provider.reach(BTC, Timeframe.M1, NOW) is None


async def test_what_it_does_not_serve_is_refused_without_a_call() -> None:
    provider, serving = _open()
    with pytest.raises(UsageError, match="1m, 5m"):
        await _candles(provider, AAPL, Timeframe.W1)
    with pytest.raises(NothingThere):
        await _candles(provider, Instrument(3, "EUR-USD", AssetClass.FOREX, "24/5"))
    assert serving.asked == []


def test_without_a_key_it_names_the_variable() -> None:
    with pytest.raises(AuthFailed, match="TIINGO_API_KEY"):
        _open(api_key=None)


async def test_last_prices_carry_iexs_own_and_never_the_fields_that_need_an_agreement() -> None:
    told = {"ticker": "BRK-B", "timestamp": "2026-11-20T13:29:58.07-05:00", "tngoLast": 405.25, "prevClose": 404.0}
    nulls = {"last": 1.0, "bidPrice": None, "askPrice": None, "lastSize": None}
    provider, serving = _open(lambda _: (200, [{**told, **nulls}]))
    answer = await provider.quotes([BRK, AAPL])
    (row,) = answer.quotes.to_dicts()
    assert serving.paths == ["/iex/?tickers=brk-b,aapl"]
    assert (row["price"], row["previous_close"], row["bid"], row["size"]) == (405.25, 404.0, None, None)
    assert row["quoted_at"] == datetime(2026, 11, 20, 18, 29, 58, 70_000, tzinfo=UTC)
    assert answer.nothing_there == {AAPL.instrument_id}


async def test_last_prices_of_crypto_are_the_last_trades_without_a_crossed_book() -> None:
    top = {"lastPrice": 63_000.5, "lastSaleTimestamp": "2026-11-20T18:29:00.5+00:00", "lastSize": 0.1}
    book = {"bidPrice": 10_160.5, "askPrice": 8_209.9, "quoteTimestamp": "2026-11-20T18:29:59+00:00"}
    provider, serving = _open(lambda _: (200, [{"ticker": "btcusd", "topOfBookData": [{**top, **book}]}]))
    (row,) = (await provider.quotes([BTC])).quotes.to_dicts()
    assert serving.paths == ["/tiingo/crypto/top?tickers=btcusd"]
    assert (row["price"], row["size"], row["bid"], row["ask"]) == (63_000.5, 0.1, None, None)
    assert row["quoted_at"] == datetime(2026, 11, 20, 18, 29, 0, 500_000, tzinfo=UTC)


async def test_prices_beyond_the_months_allowance_fail_alone() -> None:
    told = {"ticker": "AAPL", "timestamp": "2026-11-20T13:29:58-05:00", "tngoLast": 172.5}
    provider, _ = _open(lambda _: (200, [told]), symbols_per_month=1)
    answer = await provider.quotes([AAPL, BRK])
    assert isinstance(answer.failures[BRK.instrument_id], QuotaExhausted)
    assert answer.quotes["instrument_id"].to_list() == [1]


@pytest.mark.parametrize("document", [{"ticker": "aapl"}, {}])
async def test_last_prices_that_are_no_list_are_malformed(document: object) -> None:
    provider, _ = _open(lambda _: (200, document))
    with pytest.raises(Malformed, match="no last prices"):
        await provider.quotes([AAPL])
