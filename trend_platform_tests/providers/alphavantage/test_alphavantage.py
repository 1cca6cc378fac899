"""Alpha Vantage's quirks: words with status 200, keys by suffix, a hundred rows, two shapes of coins, times of prices."""

from datetime import UTC, date, datetime, timedelta

import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    WaitError,
)
from trend_platform.providers.alphavantage.classing import classify
from trend_platform.providers.alphavantage.parsing import read_days
from trend_platform.providers.alphavantage.provider import AlphaVantage, open_alphavantage
from trend_platform.providers.alphavantage.quotes import read_global_quote, read_rate
from trend_platform.providers.alphavantage.symbols import canonical_of, symbol_of
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.http import HttpAnswer
from trend_platform.settings import AlphaVantageSettings
from trend_platform_tests.contracts.tape import made_up
from trend_platform_tests.providers.network import KEY, Reply, Script

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHARE = Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS")
COIN = Instrument(3, "BTC-EUR", AssetClass.CRYPTO, "24/7")
MONEY = Instrument(4, "EUR-USD", AssetClass.FOREX, "24/5")

BURST = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request per "
    "second). You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to lift the free key rate "
    "limit (25 requests per day), raise the per-second burst limit, and instantly unlock all premium endpoints"
)
DAY = (
    f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day. Please subscribe to any of "
    "the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
)
PREMIUM = "Thank you for using Alpha Vantage! This is a premium endpoint."
DEMO = "The **demo** API key is for demo purposes only. Please claim your free API key"
INVALID = "Invalid API call. Please retry or visit the documentation for TIME_SERIES_DAILY."


def _open(*replies: Reply, full: bool = False, rate: float | None = 1e6) -> tuple[AlphaVantage, Script]:
    script = Script(replies)
    settings = AlphaVantageSettings(
        api_key=SecretStr(KEY), full_history=full, rate_per_minute=rate, max_attempts=1, max_wait_seconds=1
    )
    return open_alphavantage(settings, ManualClock(NOW), script), script


def _ask(instrument: Instrument, first: date, last: date) -> CandleRequest:
    return CandleRequest(Route.BY_SYMBOL, (instrument,), Timeframe.D1, days(first, last))


def _series(stamps: list[date], name: str = "Time Series (Daily)") -> Reply:
    row = {"1. open": "1.0", "2. high": "2.0", "3. low": "0.5", "4. close": "1.5", "5. volume": "9"}
    return 200, {}, orjson.dumps({name: {stamp.isoformat(): row for stamp in sorted(stamps, reverse=True)}})


@pytest.mark.parametrize(
    ("name", "said", "kind", "seconds"),
    [
        ("Information", BURST, RateLimited, 1.5),
        ("Information", DAY, QuotaExhausted, 86_400),
        (
            "Note",
            "Our standard API call frequency is 5 calls per minute and 500 calls per day: /premium/",
            RateLimited,
            60,
        ),
        ("Information", PREMIUM, NotEntitled, None),
        ("Information", DEMO, AuthFailed, None),
        ("Error Message", "the parameter apikey is invalid or missing.", AuthFailed, None),
        ("Error Message", INVALID, NothingThere, None),
        ("Information", "Something new", Malformed, None),
    ],
)
def test_what_is_said_with_status_200_has_its_class(
    name: str, said: str, kind: type[ProviderError], seconds: float | None
) -> None:
    error = classify(HttpAnswer(200, {}, orjson.dumps({name: said})))
    assert type(error) is kind
    if isinstance(error, WaitError):
        assert error.retry_after_seconds == seconds


async def test_the_key_the_provider_repeats_in_its_own_words_is_not_told() -> None:
    provider, script = _open((200, {}, orjson.dumps({"Information": DAY})))
    with pytest.raises(QuotaExhausted) as caught:
        await provider.candles(_ask(SHARE, date(2026, 11, 2), date(2026, 11, 5)))
    assert KEY in str(script.requests[0].url)
    assert KEY not in str(caught.value) + repr(caught.value.args)
    assert "your API key as ***" in str(caught.value)


def test_the_free_plans_limits_are_declared_and_a_paid_one_has_no_day() -> None:
    free, paid = _open((200, {}, b"{}"), rate=None)[0], _open((200, {}, b"{}"), rate=75)[0]
    assert [(quota.weight, quota.period_seconds) for quota in free.capabilities.quotas] == [(1, 1.5), (25, 86_400)]
    assert [(quota.weight, quota.period_seconds) for quota in paid.capabilities.quotas] == [(75, 60)]


@pytest.mark.parametrize(
    ("instrument", "params"),
    [
        (SHARE, {"function": "TIME_SERIES_DAILY", "symbol": "BRK-B", "outputsize": "compact"}),
        (COIN, {"function": "DIGITAL_CURRENCY_DAILY", "symbol": "BTC", "market": "EUR"}),
        (MONEY, {"function": "FX_DAILY", "from_symbol": "EUR", "to_symbol": "USD", "outputsize": "compact"}),
    ],
)
async def test_each_kind_has_a_function_of_its_own(instrument: Instrument, params: dict[str, str]) -> None:
    provider, script = _open(_series([date(2026, 11, 19)]))
    await provider.candles(_ask(instrument, date(2026, 11, 19), date(2026, 11, 19)))
    assert dict(script.requests[0].url.params) == {**params, "apikey": KEY}


async def test_a_hundred_rows_are_the_reach_and_what_lies_before_them_is_not_absent() -> None:
    sessions = made_up(Interval(NOW - timedelta(days=200), NOW))["opened_at"].dt.date().to_list()[-100:]
    provider, _ = _open(_series(sessions))
    reach = provider.reach(SHARE, Timeframe.D1, NOW)
    assert reach is not None
    assert reach == midnight(sessions[2])
    answer = await provider.candles(_ask(SHARE, reach.date(), sessions[-1]))
    assert answer.candles.height == 98
    with pytest.raises(BeyondDepth, match="FULL_HISTORY") as caught:
        await provider.candles(_ask(SHARE, sessions[0] - timedelta(days=7), sessions[-1]))
    assert caught.value.calls == 1


async def test_a_young_listing_with_fewer_rows_is_whole() -> None:
    provider, _ = _open(_series([date(2026, 11, 18), date(2026, 11, 19)]))
    answer = await provider.candles(_ask(SHARE, date(2020, 1, 1), date(2026, 11, 19)))
    assert (answer.candles.height, answer.failure) == (2, None)


@pytest.mark.parametrize(
    "meta",
    [
        {"2. Digital Currency Code": "ETH", "4. Market Code": "EUR"},
        {"2. Digital Currency Code": "BTC", "4. Market Code": "USD"},
        {"2. From Symbol": "EUR", "3. To Symbol": "BTC"},
    ],
)
def test_days_of_another_pair_are_refused(meta: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="where those of BTC/EUR were asked"):
        read_days({"Meta Data": meta, "Time Series FX (Daily)": {}}, pair=("BTC", "EUR"))


async def test_of_coins_the_full_history_is_what_is_answered_and_no_more() -> None:
    dates = [NOW.date() - timedelta(days=number) for number in range(350)]
    provider, _ = _open(_series(dates, "Time Series (Digital Currency Daily)"), full=True)
    assert provider.reach(COIN, Timeframe.D1, NOW) is not None
    with pytest.raises(BeyondDepth):
        await provider.candles(_ask(COIN, date(2020, 1, 1), NOW.date()))


async def test_with_the_full_history_everything_is_asked() -> None:
    provider, script = _open(_series([date(2026, 11, 19)]), full=True)
    assert provider.reach(SHARE, Timeframe.D1, NOW) is None
    await provider.candles(_ask(SHARE, date(2000, 1, 3), date(2026, 11, 19)))
    assert script.requests[0].url.params["outputsize"] == "full"


@pytest.mark.parametrize(
    "row",
    [
        {"1. open": "1", "2. high": "4", "3. low": "0.5", "4. close": "2", "5. volume": "9"},
        {
            "1a. open (USD)": "8",
            "1b. open (EUR)": "1",
            "2a. high (USD)": "8",
            "2b. high (EUR)": "4",
            "3a. low (USD)": "8",
            "3b. low (EUR)": "0.5",
            "4a. close (USD)": "8",
            "4b. close (EUR)": "2",
            "5. volume": "9",
            "6. market cap (USD)": "8",
        },
    ],
    ids=["now", "then"],
)
def test_both_shapes_of_coins_are_read_in_the_asked_currency(row: dict[str, str]) -> None:
    document = {"Time Series (Digital Currency Daily)": {"2026-11-19": row}}
    told = read_days(document, pair=("BTC", "EUR")).select("open", "high", "low", "close", "volume")
    assert told.rows() == [(1.0, 4.0, 0.5, 2.0, 9.0)]


@pytest.mark.parametrize("document", [{}, {"Meta Data": {"2. Symbol": "ZZZ"}}])
def test_an_empty_success_is_an_unknown_symbol(document: object) -> None:
    with pytest.raises(NothingThere):
        read_days(document, "ZZZ")


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ([], "expected an object"),
        ({"Time Series (15min)": {}}, "holds no days but Time Series"),
        ({"Time Series (Daily)": 5}, "no object of days"),
        ({"Time Series (Daily)": {"2026-11-19": {"1. price": "1"}}}, "no prices under the names"),
        ({"Meta Data": {"2. Symbol": "MSFT"}, "Time Series (Daily)": {}}, "days of 'MSFT' where those of 'BRK-B'"),
    ],
)
def test_anything_else_is_malformed(document: object, match: str) -> None:
    with pytest.raises(Malformed, match=match):
        read_days(document, "BRK-B")


def test_one_odd_day_costs_itself_only() -> None:
    good = {"1. open": "1", "2. high": "2", "3. low": "0.5", "4. close": "None", "5. volume": 9}
    read = read_days({"Time Series (Daily)": {"2026-11-19": "n/a", "2026-11-18": good, "soon": good}})
    assert read.select(pl.col("opened_at").dt.day(), "open", "close", "volume").rows() == [
        (None, 1.0, None, 9.0),
        (18, 1.0, None, 9.0),
        (19, None, None, None),
    ]


def test_symbols_are_spelt_with_a_dash_and_read_back() -> None:
    assert symbol_of(SHARE) == "BRK-B"
    assert canonical_of("brk-b") == "BRK.B"
    assert [symbol_of(one) for one in (COIN, MONEY)] == ["BTC/EUR", "EUR/USD"]
    assert symbol_of(Instrument(1, "^GSPC", AssetClass.INDEX, "XNYS")) is None


def test_a_shares_price_is_the_close_of_the_day_it_tells_and_has_no_time_before_it() -> None:
    quote = {"Global Quote": {"01. symbol": "BRK-B", "05. price": "5.5", "07. latest trading day": "2026-11-27"}}
    closed = datetime(2026, 11, 27, 18, tzinfo=UTC)
    (row,) = read_global_quote(quote, SHARE, closed).to_dicts()
    assert (row["price"], row["quoted_at"], row["previous_close"]) == (5.5, closed, None)
    (early,) = read_global_quote(quote, SHARE, closed - timedelta(minutes=1)).to_dicts()
    assert early["quoted_at"] is None


@pytest.mark.parametrize("day", ["2026-11-28", "2026-11-26", "soon", None])
def test_a_day_on_which_nothing_trades_is_no_time(day: str | None) -> None:
    quote = {"Global Quote": {"01. symbol": "BRK-B", "05. price": "5.5", "07. latest trading day": day}}
    assert read_global_quote(quote, SHARE, NOW + timedelta(days=90))["quoted_at"].to_list() == [None]


@pytest.mark.parametrize("price", ["0.0000", "-", "", None, "nan"])
def test_what_is_no_price_is_none(price: str | None) -> None:
    assert read_global_quote({"Global Quote": {"05. price": price}}, SHARE, NOW)["price"].to_list() == [None]


def test_a_rate_has_its_own_time_in_utc_only() -> None:
    told = {"1. From_Currency Code": "EUR", "3. To_Currency Code": "USD", "5. Exchange Rate": "1.1"}
    told |= {
        "6. Last Refreshed": "2026-11-20 11:29:42",
        "7. Time Zone": "UTC",
        "8. Bid Price": "-",
        "9. Ask Price": "1.2",
    }
    (row,) = read_rate({"Realtime Currency Exchange Rate": told}, MONEY).to_dicts()
    assert (row["price"], row["bid"], row["ask"]) == (1.1, None, 1.2)
    assert row["quoted_at"] == datetime(2026, 11, 20, 11, 29, 42, tzinfo=UTC)
    elsewhere = read_rate({"Realtime Currency Exchange Rate": {**told, "7. Time Zone": "US/Eastern"}}, MONEY)
    assert elsewhere["quoted_at"].to_list() == [None]


def test_a_price_of_something_else_is_malformed() -> None:
    with pytest.raises(Malformed, match="quotes 'MSFT'"):
        read_global_quote({"Global Quote": {"01. symbol": "MSFT"}}, SHARE, NOW)
    told = {"1. From_Currency Code": "BTC", "3. To_Currency Code": "USD"}
    with pytest.raises(Malformed, match="quotes BTC/USD"):
        read_rate({"Realtime Currency Exchange Rate": told}, MONEY)
    documents: tuple[object, ...] = ([], {"Meta Data": {}}, {"Global Quote": 5})
    for document in documents:
        with pytest.raises(Malformed, match="holds no quote"):
            read_global_quote(document, SHARE, NOW)


async def test_a_pair_is_quoted_by_its_rate() -> None:
    told = {"1. From_Currency Code": "BTC", "3. To_Currency Code": "EUR", "5. Exchange Rate": "84000.5"}
    told |= {"6. Last Refreshed": "2026-11-20 11:29:42", "7. Time Zone": "UTC"}
    provider, script = _open((200, {}, orjson.dumps({"Realtime Currency Exchange Rate": told})))
    answer = await provider.quotes([COIN])
    assert answer.quotes["price"].to_list() == [84_000.5]
    asked = {"function": "CURRENCY_EXCHANGE_RATE", "from_currency": "BTC", "to_currency": "EUR", "apikey": KEY}
    assert dict(script.requests[0].url.params) == asked
