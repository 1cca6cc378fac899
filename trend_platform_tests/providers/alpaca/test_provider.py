"""What Alpaca is asked, how its pages over several symbols are put together, and what its plan does not give yet."""

from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, Malformed, Transient, UsageError
from trend_platform.providers.alpaca.classing import UnknownSymbols
from trend_platform.providers.alpaca.provider import Alpaca, open_alpaca
from trend_platform.providers.base import Answer, CandleRequest, Route
from trend_platform.settings import AlpacaSettings
from trend_platform_tests.contracts.tape import made_up
from trend_platform_tests.providers.serving import Serve, Serving
from trend_platform_tests.servers.alpaca_book import AlpacaBook

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
SECRET = "second-half"
AAPL, MSFT, SPY = (Instrument(n, s, AssetClass.STOCK, "XNYS") for n, s in enumerate(("AAPL", "MSFT", "SPY"), 1))
BTC = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
QUARTER = days(date(2026, 7, 1), date(2026, 9, 30))


def _served(book: AlpacaBook) -> Serve:
    def serve(request: httpx.Request) -> tuple[int, object]:
        told = book.serve(request)
        return told.status_code, told.content

    return serve


def _open(serve: Serve | AlpacaBook, now: datetime = NOW, **settings: object) -> tuple[Alpaca, Serving]:
    serving = Serving(_served(serve) if isinstance(serve, AlpacaBook) else serve)
    keys = {"api_key": SecretStr("first-half"), "secret_key": SecretStr(SECRET)}
    chosen = {"base_url": "http://alpaca.test", "rate_per_minute": 1e6, "max_attempts": 1, **keys, **settings}
    return open_alpaca(AlpacaSettings.model_validate(chosen), ManualClock(now), serving), serving


def _book(
    interval: Interval = QUARTER,
    timeframe: Timeframe = Timeframe.D1,
    *,
    page_rows: int = 10_000,
    now: datetime | None = None,
    invalid: frozenset[str] = frozenset(),
) -> AlpacaBook:
    told = made_up(interval, timeframe)
    bars = {"AAPL": told, "MSFT": told.with_columns(pl.col("close") + 1), "SPY": told.with_columns(pl.col("close") + 2)}
    return AlpacaBook(bars, secret=SECRET, page_rows=page_rows, now=now, invalid=invalid)


async def _candles(
    provider: Alpaca, *instruments: Instrument, timeframe: Timeframe = Timeframe.D1, interval: Interval = QUARTER
) -> Answer:
    return await provider.candles(CandleRequest(Route.BY_SYMBOL, instruments, timeframe, interval))


def _failing_at(page: int, book: AlpacaBook) -> Serve:
    count = 0

    def serve(request: httpx.Request) -> tuple[int, object]:
        nonlocal count
        count += 1
        return (500, {"message": "internal"}) if count == page else _served(book)(request)

    return serve


async def test_several_symbols_are_one_request_over_pages_that_span_them() -> None:
    provider, serving = _open(_book(page_rows=50))
    answer = await _candles(provider, SPY, AAPL, MSFT)
    truth = made_up(QUARTER)
    assert (answer.calls, answer.answered, answer.failure) == (4, QUARTER, None)
    assert answer.evidence == "4 pages, 192 rows of 3 symbols"
    for one, more in ((AAPL, 0), (MSFT, 1), (SPY, 2)):
        own = answer.candles.filter(pl.col("instrument_id") == one.instrument_id)
        assert own["close"].to_list() == (truth["close"] + more).to_list()
        assert own["opened_at"].to_list() == truth["opened_at"].to_list()
    assert [request.url.params.get("page_token") for request in serving.asked] == [None, "50", "100", "150"]


async def test_history_is_asked_raw_and_of_the_consolidated_tape() -> None:
    provider, serving = _open(_book())
    await _candles(provider, AAPL, MSFT)
    assert dict(serving.asked[0].url.params) == {
        "symbols": "AAPL,MSFT",
        "timeframe": "1Day",
        "limit": "10000",
        "sort": "asc",
        "start": "2026-07-01T00:00:00Z",
        "end": "2026-09-30T23:59:59Z",
        "adjustment": "raw",
        "feed": "sip",
    }
    assert serving.asked[0].headers["apca-api-key-id"] == "first-half"
    assert serving.asked[0].headers["apca-api-secret-key"] == SECRET


async def test_a_page_that_fails_leaves_the_symbols_before_it_whole() -> None:
    # 64 sessions each: the second page ends with SPY not begun and MSFT in the middle.
    provider, _ = _open(_failing_at(3, _book(page_rows=50)))
    answer = await _candles(provider, AAPL, MSFT, SPY)
    assert isinstance(answer.failure, Transient)
    assert (answer.calls, answer.candles.height) == (3, 100)
    stamps = made_up(QUARTER)["opened_at"]
    assert answer.answered_of(AAPL.instrument_id) == QUARTER
    assert answer.answered_of(MSFT.instrument_id) == Interval(QUARTER.start, stamps[36])
    assert answer.answered_of(SPY.instrument_id) == Interval(QUARTER.start, QUARTER.start)


async def test_a_first_page_that_fails_is_an_error_with_its_calls() -> None:
    provider, _ = _open(_failing_at(1, _book()))
    with pytest.raises(Transient) as caught:
        await _candles(provider, AAPL, MSFT)
    assert caught.value.calls == 1


async def test_a_symbol_that_spoils_the_call_is_left_out_and_the_others_asked_again() -> None:
    provider, serving = _open(_book(invalid=frozenset({"MSFT"})))
    answer = await _candles(provider, AAPL, MSFT, SPY)
    assert [request.url.params["symbols"] for request in serving.asked] == ["AAPL,MSFT,SPY", "AAPL,SPY"]
    assert (answer.nothing_there, answer.failure, answer.calls) == ({MSFT.instrument_id}, None, 2)
    assert answer.candles["instrument_id"].unique().sort().to_list() == [1, 3]


async def test_nothing_but_unknown_symbols_is_an_answer() -> None:
    provider, _ = _open(_book(invalid=frozenset({"MSFT"})))
    answer = await _candles(provider, MSFT)
    assert (answer.nothing_there, answer.candles.height, answer.answered) == ({MSFT.instrument_id}, 0, QUARTER)


async def test_a_refusal_that_names_none_of_the_asked_symbols_does_not_go_on_for_ever() -> None:
    provider, serving = _open(lambda _: (400, {"message": "invalid symbol: QQQ"}))
    with pytest.raises(UnknownSymbols):
        await _candles(provider, AAPL)
    assert len(serving.asked) == 1


async def test_the_free_plan_is_asked_up_to_sixteen_minutes_ago() -> None:
    today = days(date(2026, 11, 20), date(2026, 11, 20))
    provider, serving = _open(_book(today, Timeframe.M5, now=NOW))
    answer = await _candles(provider, AAPL, timeframe=Timeframe.M5, interval=today)
    assert serving.asked[0].url.params["end"] == "2026-11-20T18:13:59Z"
    assert answer.candles["opened_at"].max() == datetime(2026, 11, 20, 18, 10, tzinfo=UTC)
    assert answer.answered == Interval(today.start, NOW - timedelta(minutes=16))


async def test_what_the_plan_does_not_give_yet_is_not_asked() -> None:
    provider, serving = _open(_book())
    moment = Interval(NOW - timedelta(minutes=10), NOW)
    answer = await _candles(provider, AAPL, timeframe=Timeframe.M1, interval=moment)
    assert (serving.asked, answer.calls, answer.failure) == ([], 0, None)
    assert answer.answered == Interval(moment.start, moment.start)
    assert "16 minutes ago" in answer.evidence


@pytest.mark.parametrize("settings", [{"feed": "iex"}, {"delay_minutes": 0}])
async def test_iex_and_a_paid_plan_are_asked_up_to_the_present(settings: dict[str, object]) -> None:
    provider, serving = _open(_book(), **settings)
    await _candles(
        provider, AAPL, timeframe=Timeframe.M1, interval=Interval(NOW - timedelta(minutes=10), NOW + timedelta(hours=1))
    )
    assert serving.asked[0].url.params["end"] == "2026-11-20T18:29:59Z"


@pytest.mark.parametrize(("delay", "minutes"), [(16, 20), (0, 4), (60, 64)])
def test_a_candle_is_not_final_before_the_plan_tells_it(delay: float, minutes: int) -> None:
    provider, _ = _open(_book(), delay_minutes=delay)
    assert provider.capabilities.settling(Timeframe.M5) == timedelta(minutes=minutes)
    assert provider.capabilities.settling(Timeframe.D1) == timedelta(hours=4, minutes=30)


async def test_hours_of_shares_are_added_up_from_half_hours_of_the_session() -> None:
    day = days(date(2026, 11, 18), date(2026, 11, 18))
    early = pl.DataFrame({"opened_at": [datetime(2026, 11, 18, 14, tzinfo=UTC)], "open": 9.0, "high": 9.0, "low": 9.0})
    halves = pl.concat(
        [
            early.with_columns(pl.lit(9.0).alias("close"), pl.col("opened_at").dt.cast_time_unit("us")),
            made_up(day, Timeframe.M30),
        ]
    )
    provider, serving = _open(AlpacaBook({"AAPL": halves}, secret=SECRET))
    candles = (await _candles(provider, AAPL, timeframe=Timeframe.H1, interval=day)).candles
    assert serving.asked[0].url.params["timeframe"] == "30Min"
    assert candles["opened_at"].dt.strftime("%H:%M").to_list() == [f"{hour}:30" for hour in range(14, 21)]
    first, last = candles.row(0, named=True), candles.row(-1, named=True)
    assert (first["open"], first["close"], first["volume"], first["trade_count"]) == (185.0, 186.26, 200.0, 6)
    assert (last["volume"], last["is_final"]) == (100.0, True)


async def test_a_sum_whose_later_bars_did_not_come_is_no_candle() -> None:
    day = days(date(2026, 11, 18), date(2026, 11, 18))
    provider, _ = _open(_failing_at(2, AlpacaBook({"AAPL": made_up(day, Timeframe.M30)}, secret=SECRET, page_rows=5)))
    answer = await _candles(provider, AAPL, timeframe=Timeframe.H1, interval=day)
    # Five half hours came: two hours and a half.
    assert answer.candles["opened_at"].dt.strftime("%H:%M").to_list() == ["14:30", "15:30"]
    assert answer.answered.end == datetime(2026, 11, 18, 16, 30, tzinfo=UTC)


async def test_days_of_crypto_are_added_up_from_hours_and_have_no_volume() -> None:
    told = made_up(days(date(2026, 11, 17), date(2026, 11, 18)), Timeframe.H1, "24/7")
    provider, serving = _open(AlpacaBook({"BTC/USD": told}, secret=SECRET))
    answer = await _candles(provider, BTC, interval=days(date(2026, 11, 17), date(2026, 11, 18)))
    assert serving.asked[0].url.path == "/v1beta3/crypto/us/bars"
    assert {"feed", "adjustment"} & serving.asked[0].url.params.keys() == set()
    assert answer.candles.select("open", "close", "volume", "vwap", "trade_count").rows() == [
        (185.0, told["close"][23], None, None, None),
        (told["open"][24], told["close"][47], None, None, None),
    ]


async def test_shares_and_crypto_in_one_request_are_two_calls_and_one_answer() -> None:
    interval = days(date(2026, 11, 17), date(2026, 11, 18))
    told = made_up(interval, Timeframe.H1, "24/7")
    provider, serving = _open(AlpacaBook({"AAPL": made_up(interval), "BTC/USD": told}, secret=SECRET))
    answer = await _candles(provider, AAPL, BTC, interval=interval)
    assert [request.url.path for request in serving.asked] == ["/v2/stocks/bars", "/v1beta3/crypto/us/bars"]
    assert answer.candles["instrument_id"].to_list() == [1, 1, 9, 9]
    assert (answer.calls, answer.answered) == (2, interval)


async def test_a_market_that_fails_costs_the_other_nothing() -> None:
    interval = days(date(2026, 11, 17), date(2026, 11, 18))
    provider, _ = _open(_failing_at(2, AlpacaBook({"AAPL": made_up(interval)}, secret=SECRET)))
    answer = await _candles(provider, AAPL, BTC, interval=interval)
    assert isinstance(answer.failure, Transient)
    assert answer.answered_of(AAPL.instrument_id) == interval
    assert not answer.answered_of(BTC.instrument_id)
    assert answer.candles.height == 2


async def test_a_hole_between_two_pages_is_asked_again_for_that_symbol_alone() -> None:
    book = _book(page_rows=50)

    def late(request: httpx.Request) -> tuple[int, object]:
        document = orjson.loads(book.serve(request).content)
        if request.url.params.get("page_token") == "50":
            document["bars"]["AAPL"] = document["bars"]["AAPL"][2:]
        return 200, document

    provider, serving = _open(late)
    answer = await _candles(provider, AAPL, MSFT)
    assert answer.candles.height == 2 * 64
    assert serving.asked[2].url.params["symbols"] == "AAPL"
    assert answer.evidence.endswith("2 bars of it when asked again")


async def test_a_page_that_is_sent_twice_ends_the_walk() -> None:
    book = _book(page_rows=50)

    def twice(request: httpx.Request) -> tuple[int, object]:
        first = httpx.Request("GET", request.url.copy_remove_param("page_token"), headers=request.headers)
        return 200, {**orjson.loads(book.serve(first).content), "next_page_token": "again"}

    provider, serving = _open(twice)
    answer = await _candles(provider, AAPL, MSFT)
    assert isinstance(answer.failure, Malformed)
    assert (len(serving.asked), answer.candles.height) == (2, 50)


async def test_pages_without_rows_that_lead_back_to_themselves_end_too() -> None:
    provider, serving = _open(lambda _: (200, {"bars": {}, "next_page_token": "again"}))
    with pytest.raises(Malformed, match="in a circle"):
        await _candles(provider, AAPL)
    assert len(serving.asked) == 2


@pytest.mark.parametrize(
    ("settings", "missing"), [({"api_key": None}, "ALPACA_API_KEY_ID"), ({"secret_key": SecretStr(" ")}, "SECRET_KEY")]
)
def test_half_a_credential_is_none_and_the_missing_half_is_named(settings: dict[str, object], missing: str) -> None:
    with pytest.raises(AuthFailed, match=missing):
        _open(_book(), **settings)


def test_its_tape_begins_in_2016_and_crypto_in_2021() -> None:
    provider, _ = _open(_book())
    assert provider.reach(AAPL, Timeframe.D1, NOW) == datetime(2016, 1, 4, tzinfo=UTC)
    assert provider.reach(BTC, Timeframe.M1, NOW) == datetime(2021, 1, 1, tzinfo=UTC)


def test_without_a_rate_of_ones_own_the_free_plans_limit_is_kept_with_some_left() -> None:
    provider, _ = _open(_book(), rate_per_minute=None)
    assert [(quota.weight, quota.period_seconds) for quota in provider.capabilities.quotas] == [(180.0, 60.0)]


async def test_weeks_and_whole_sessions_are_not_served() -> None:
    provider, serving = _open(_book())
    with pytest.raises(UsageError, match="1m, 5m"):
        await _candles(provider, AAPL, timeframe=Timeframe.W1)
    with pytest.raises(UsageError):
        await provider.candles(CandleRequest(Route.BY_SESSION, (AAPL,), Timeframe.D1, QUARTER))
    assert serving.asked == []
