"""What Twelve Data is asked and what it costs: windows of bars, days of currencies from hours, a credit for each quote."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, Malformed, NotEntitled, NothingThere, RateLimited, Transient, UsageError
from trend_platform.providers.base import Answer, CandleRequest, Route
from trend_platform.providers.twelvedata.provider import TwelveData, open_twelvedata
from trend_platform.settings import TwelveDataSettings
from trend_platform_tests.contracts.tape import made_up
from trend_platform_tests.providers.serving import Serve, Serving

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
AAPL, BRK, MSFT = (Instrument(n, s, AssetClass.STOCK, "XNYS") for n, s in enumerate(("AAPL", "BRK.B", "MSFT"), 1))
BTC = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
EUR = Instrument(5, "EUR-USD", AssetClass.FOREX, "24/5")
WEEK = days(date(2026, 11, 9), date(2026, 11, 13))
AT = round(datetime(2026, 11, 20, 18, 29, 58, tzinfo=UTC).timestamp())
QUOTE = {"close": "172.50000", "previous_close": "171.50000", "timestamp": AT - 9000, "last_quote_at": AT}


def _error(code: int, said: str) -> dict[str, object]:
    return {"code": code, "message": said, "status": "error"}


def _nothing(_: httpx.Request) -> tuple[int, object]:
    return 200, _error(400, "No data is available on the specified dates. Try setting different start/end dates.")


def _open(serve: Serve = _nothing, **settings: object) -> tuple[TwelveData, Serving]:
    serving = Serving(serve)
    chosen = {
        "base_url": "http://twelvedata.test",
        "rate_per_minute": 1e6,
        "max_attempts": 1,
        "api_key": SecretStr("k"),
    }
    return open_twelvedata(
        TwelveDataSettings.model_validate({**chosen, **settings}), ManualClock(NOW), serving
    ), serving


async def _candles(
    provider: TwelveData, instrument: Instrument, timeframe: Timeframe = Timeframe.D1, interval: Interval = WEEK
) -> Answer:
    return await provider.candles(CandleRequest(Route.BY_SYMBOL, (instrument,), timeframe, interval))


def _telling(candles: pl.DataFrame) -> Serve:
    def serve(request: httpx.Request) -> tuple[int, object]:
        params = request.url.params
        pattern = "%Y-%m-%d" if params["interval"] == "1day" else "%Y-%m-%d %H:%M:%S"
        told = candles.with_columns(pl.col("opened_at").dt.strftime(pattern).alias("datetime"))
        chosen = told.filter((pl.col("datetime") >= params["start_date"]) & (pl.col("datetime") < params["end_date"]))
        prices = ("open", "high", "low", "close")
        rows = chosen.select("datetime", *(pl.col(name).cast(pl.String) for name in prices)).to_dicts()
        return 200, {"meta": {"symbol": params["symbol"], "interval": params["interval"]}, "values": rows}

    return serve


async def test_days_are_asked_raw_ascending_in_utc_and_the_end_is_not_included() -> None:
    provider, serving = _open(_telling(made_up(WEEK)))
    answer = await _candles(provider, AAPL)
    assert answer.candles["opened_at"].to_list() == made_up(WEEK)["opened_at"].to_list()
    assert serving.asked[0].headers["authorization"] == "apikey k"
    assert dict(serving.asked[0].url.params) == {
        "symbol": "AAPL",
        "interval": "1day",
        "order": "ASC",
        "timezone": "UTC",
        "outputsize": "5000",
        "adjust": "none",
        "country": "United States",
        "start_date": "2026-11-09",
        "end_date": "2026-11-14",
    }


async def test_a_day_that_began_before_the_interval_is_not_asked() -> None:
    provider, serving = _open()
    noon = timedelta(hours=12)
    part = Interval(midnight(date(2026, 11, 9)) + noon, midnight(date(2026, 11, 12)) + noon)
    await _candles(provider, AAPL, interval=part)
    params = serving.asked[0].url.params
    assert (params["start_date"], params["end_date"]) == ("2026-11-10", "2026-11-13")


async def test_bars_are_asked_in_windows_that_fit_in_an_answer() -> None:
    quarter = days(date(2026, 7, 1), date(2026, 10, 30))
    told = made_up(quarter, Timeframe.M5)
    provider, serving = _open(_telling(told))
    answer = await _candles(provider, AAPL, Timeframe.M5, quarter)
    assert answer.candles["close"].to_list() == told["close"].to_list()
    assert answer.calls == len(serving.asked) == -(-told.height // 4800)
    assert serving.asked[0].url.params["end_date"] == serving.asked[1].url.params["start_date"]


async def test_hours_of_shares_are_added_up_from_half_hours_of_the_session() -> None:
    halves = made_up(WEEK, Timeframe.M30)
    provider, serving = _open(_telling(halves))
    answer = await _candles(provider, AAPL, Timeframe.H1)
    assert serving.asked[0].url.params["interval"] == "30min"
    assert answer.candles["opened_at"].to_list() == made_up(WEEK, Timeframe.H1)["opened_at"].to_list()
    assert answer.candles.select("open", "close").row(0) == (halves["open"][0], halves["close"][1])


async def test_hours_of_crypto_are_its_own() -> None:
    provider, serving = _open(_telling(made_up(WEEK, Timeframe.H4, "24/7")))
    answer = await _candles(provider, BTC, Timeframe.H4)
    assert serving.asked[0].url.params["interval"] == "4h"
    assert answer.candles.height == 5 * 6


async def test_windows_count_the_bars_that_candles_are_made_of() -> None:
    # 7 hours a session, of 13 half hours: 4,800 bars are 2,400 hours, and not 4,800.
    years = days(date(2024, 1, 2), date(2026, 10, 30))
    provider, serving = _open()
    await _candles(provider, AAPL, Timeframe.H1, years)
    hours = made_up(years, Timeframe.H1).height
    assert len(serving.asked) == -(-hours // 2400)


async def test_days_of_currencies_are_added_up_from_hours() -> None:
    told = made_up(WEEK, Timeframe.H1, "24/5")
    provider, serving = _open(_telling(told))
    answer = await _candles(provider, EUR)
    params = serving.asked[0].url.params
    assert (params["symbol"], params["interval"]) == ("EUR/USD", "1h")
    assert {"adjust", "country"} & params.keys() == set()
    assert answer.candles["opened_at"].to_list() == made_up(WEEK, Timeframe.D1, "24/5")["opened_at"].to_list()
    assert answer.candles["open"][0] == told["open"][0]


async def test_nothing_on_the_asked_dates_is_an_answer() -> None:
    answer = await _candles(_open()[0], AAPL)
    assert (answer.candles.height, answer.failure, answer.answered, answer.calls) == (0, None, WEEK, 1)


async def test_a_plan_without_raw_prices_is_told_by_the_setting_and_labels_its_rows() -> None:
    provider, serving = _open(_telling(made_up(WEEK)), basis="split")
    answer = await _candles(provider, AAPL)
    assert serving.asked[0].url.params["adjust"] == "splits"
    assert provider.capabilities.basis is Basis.SPLIT
    assert answer.candles["basis"].unique().to_list() == ["split"]


async def test_a_refusal_of_raw_prices_never_turns_into_adjusted_ones() -> None:
    provider, serving = _open(lambda _: (200, _error(403, "adjust=none is available exclusively with grow plans")))
    with pytest.raises(NotEntitled):
        await _candles(provider, AAPL)
    assert len(serving.asked) == 1


async def test_a_window_that_fails_leaves_those_before_it() -> None:
    quarter = days(date(2026, 7, 1), date(2026, 10, 30))
    told = made_up(quarter, Timeframe.M5)
    serve = _telling(told)

    def failing(request: httpx.Request) -> tuple[int, object]:
        return serve(request) if request.url.params["start_date"] < "2026-07-02" else (500, {})

    answer = await _candles(_open(failing)[0], AAPL, Timeframe.M5, quarter)
    assert isinstance(answer.failure, Transient)
    assert answer.answered == Interval(quarter.start, told["opened_at"][4800])


@pytest.mark.parametrize(
    ("settings", "quotas"),
    [
        ({"rate_per_minute": None}, [(8.0, 60.0), (780.0, 86_400.0)]),
        ({"rate_per_minute": 55}, [(55.0, 60.0)]),
        ({"rate_per_minute": 8, "credits_per_day": 700}, [(8.0, 60.0), (700.0, 86_400.0)]),
    ],
)
def test_the_free_plans_credits_are_kept_unless_told_otherwise(
    settings: dict[str, object], quotas: list[tuple[float, float]]
) -> None:
    capabilities = _open(**settings)[0].capabilities
    assert [(quota.weight, quota.period_seconds) for quota in capabilities.quotas] == quotas
    assert capabilities.symbols_per_quote_call == int(quotas[0][0])


def test_bars_begin_in_february_2020_and_days_with_the_listing() -> None:
    provider, _ = _open()
    since = datetime(2020, 2, 10, tzinfo=UTC)
    assert [provider.reach(one, Timeframe.M1, NOW) for one in (AAPL, BTC)] == [since, since]
    assert [provider.reach(one, Timeframe.D1, NOW) for one in (AAPL, BTC, EUR)] == [None, None, since]


async def test_it_has_no_splits_to_tell_and_asks_for_none() -> None:
    provider, serving = _open()
    assert not provider.capabilities.has_splits
    assert (await provider.splits([AAPL], WEEK)).calls == 0
    assert serving.asked == []


async def test_what_it_does_not_serve_is_refused_without_a_call() -> None:
    provider, serving = _open()
    with pytest.raises(UsageError, match="1m, 5m"):
        await _candles(provider, AAPL, Timeframe.H12)
    with pytest.raises(NothingThere):
        await _candles(provider, Instrument(4, "^GSPC", AssetClass.INDEX, "XNYS"))
    assert serving.asked == []


def test_without_a_key_it_names_the_variable() -> None:
    with pytest.raises(AuthFailed, match="TWELVE_DATA_API_KEY"):
        _open(api_key=None)


async def test_one_quote_is_flat_and_several_are_by_symbol() -> None:
    def serve(request: httpx.Request) -> tuple[int, object]:
        told = {symbol: {"symbol": symbol, **QUOTE} for symbol in request.url.params["symbol"].split(",")}
        return 200, told if len(told) > 1 else next(iter(told.values()))

    provider, serving = _open(serve)
    for instruments in ([AAPL], [AAPL, BTC, EUR]):
        answer = await provider.quotes(instruments)
        assert answer.quotes["instrument_id"].to_list() == sorted(one.instrument_id for one in instruments)
        assert answer.quotes["price"].unique().to_list() == [172.5]
    assert serving.paths == ["/quote?symbol=AAPL", "/quote?symbol=AAPL,BTC/USD,EUR/USD"]


async def test_quotes_of_three_symbols_spend_three_credits() -> None:
    told = {one.symbol: {"symbol": one.symbol, **QUOTE} for one in (AAPL, BRK, MSFT)}
    provider, serving = _open(lambda _: (200, told), rate_per_minute=3)
    await provider.quotes([AAPL, BRK, MSFT])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await _candles(provider, AAPL)
    assert len(serving.asked) == 1


async def test_a_price_has_its_own_time_and_not_the_open_of_its_bar() -> None:
    provider, _ = _open(lambda _: (200, {"symbol": "AAPL", **QUOTE}))
    (row,) = (await provider.quotes([AAPL])).quotes.to_dicts()
    assert (row["quoted_at"], row["previous_close"]) == (datetime.fromtimestamp(AT, UTC), 171.5)
    timeless, _ = _open(lambda _: (200, {"symbol": "AAPL", **QUOTE, "last_quote_at": None}))
    with pytest.raises(Malformed, match="without its time"):
        await timeless.quotes([AAPL])


async def test_an_error_inside_an_answer_is_its_own_symbols() -> None:
    told = {
        "AAPL": {"symbol": "AAPL", **QUOTE},
        "BRK.B": _error(404, "**symbol** not found: BRK.B"),
        "MSFT": _error(429, "You have run out of API credits for the current minute."),
    }
    answer = await _open(lambda _: (200, told))[0].quotes([AAPL, BRK, MSFT])
    assert answer.quotes["instrument_id"].to_list() == [1]
    assert answer.nothing_there == {BRK.instrument_id}
    assert {one: type(error) for one, error in answer.failures.items()} == {MSFT.instrument_id: RateLimited}


async def test_odd_numbers_are_no_prices() -> None:
    told = {"AAPL": {"symbol": "AAPL", **QUOTE, "close": "n/a"}, "MSFT": {"symbol": "MSFT", **QUOTE, "close": [1]}}
    answer = await _open(lambda _: (200, told))[0].quotes([AAPL, MSFT])
    assert (answer.quotes.height, answer.nothing_there) == (0, {1, 3})


@pytest.mark.parametrize("document", [{}, [], {"price": "146.55"}, {"MSFT": {"symbol": "MSFT", **QUOTE}}])
async def test_an_answer_without_the_asked_quotes_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="no quotes"):
        await _open(lambda _: (200, document))[0].quotes([AAPL])
