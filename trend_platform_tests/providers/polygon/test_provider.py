"""What Polygon is asked: paths, bounds, routes, splits by the cheaper way, and what its plans mean."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, BeyondDepth, ConfigurationError, Malformed, NotEntitled, UsageError
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.polygon.provider import Polygon, open_polygon
from trend_platform.settings import PolygonSettings

CLOCK = ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
BTC = Instrument(2, "BTC-USD", AssetClass.CRYPTO, "24/7")
EUR = Instrument(3, "EUR-USD", AssetClass.FOREX, "24/5")
Serve = Callable[[httpx.Request], tuple[int, object]]


class Recorder(httpx.AsyncBaseTransport):
    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer k"
        self.asked.append(request.url.raw_path.decode())
        status, document = self._serve(request)
        return httpx.Response(status, content=orjson.dumps(document))


def _nothing(request: httpx.Request) -> tuple[int, object]:
    return 200, {"resultsCount": 0, "status": "OK"}


def _open(serve: Serve = _nothing, **settings: object) -> tuple[Polygon, Recorder]:
    recorder = Recorder(serve)
    chosen = {"base_url": "http://polygon.test", "rate_per_minute": 1e6, "api_key": SecretStr("k"), **settings}
    return open_polygon(PolygonSettings.model_validate(chosen), CLOCK, recorder), recorder


async def test_days_are_asked_by_date_with_both_ends_included() -> None:
    provider, recorder = _open()
    await provider.candles(
        CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.D1, days(date(2024, 1, 2), date(2024, 1, 5)))
    )
    assert recorder.asked == [
        "/v2/aggs/ticker/AAPL/range/1/day/2024-01-02/2024-01-05?adjusted=false&sort=asc&limit=50000"
    ]


async def test_a_day_already_begun_is_not_asked() -> None:
    provider, recorder = _open()
    interval = Interval(
        midnight(date(2024, 1, 2)) + timedelta(hours=1), midnight(date(2024, 1, 5)) + timedelta(hours=1)
    )
    await provider.candles(CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.D1, interval))
    assert "/2024-01-03/2024-01-05?" in recorder.asked[0]


async def test_minutes_are_asked_in_milliseconds_and_hours_of_shares_as_halves() -> None:
    provider, recorder = _open()
    interval = days(date(2024, 1, 2), date(2024, 1, 2))
    for instrument, timeframe in ((BTC, Timeframe.M1), (BTC, Timeframe.H1), (AAPL, Timeframe.H1)):
        await provider.candles(CandleRequest(Route.BY_SYMBOL, (instrument,), timeframe, interval))
    bounds = "1704153600000/1704239999999"
    paths = [asked.partition("?")[0].removeprefix("/v2/aggs/ticker/") for asked in recorder.asked]
    assert paths == [
        f"X:BTCUSD/range/1/minute/{bounds}",
        f"X:BTCUSD/range/1/hour/{bounds}",
        f"AAPL/range/30/minute/{bounds}",
    ]


async def test_the_hour_that_runs_is_made_of_its_half_hours_so_far_and_not_final() -> None:
    opened = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    halves = [
        {"t": round((opened + timedelta(minutes=30 * n)).timestamp() * 1000), "v": 100, "vw": 10.0 + n, "n": 2}
        | {"o": 10 + n, "h": 11 + n, "l": 9 + n, "c": 10.5 + n}
        for n in range(3)
    ]
    clock = ManualClock(opened + timedelta(minutes=75))
    recorder = Recorder(lambda _: (200, {"ticker": "AAPL", "resultsCount": 3, "status": "OK", "results": halves}))
    settings = PolygonSettings(base_url="http://polygon.test", rate_per_minute=600, api_key=SecretStr("k"))
    provider = open_polygon(settings, clock, recorder)
    asked = CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.H1, Interval(opened, opened + timedelta(hours=6.5)))
    candles = (await provider.candles(asked)).candles
    assert candles.select("opened_at", "open", "high", "low", "close", "is_final").rows() == [
        (opened, 10.0, 12.0, 9.0, 11.5, False),
        (opened + timedelta(hours=1), 12.0, 13.0, 11.0, 12.5, False),
    ]


async def test_a_session_of_shares_and_crypto_is_two_calls() -> None:
    provider, recorder = _open()
    interval = days(date(2024, 1, 2), date(2024, 1, 2))
    answer = await provider.candles(CandleRequest(Route.BY_SESSION, (AAPL, BTC), Timeframe.D1, interval))
    assert [asked.partition("?")[0] for asked in recorder.asked] == [
        "/v2/aggs/grouped/locale/us/market/stocks/2024-01-02",
        "/v2/aggs/grouped/locale/global/market/crypto/2024-01-02",
    ]
    assert (answer.calls, answer.candles.height) == (2, 0)


async def test_currencies_have_no_whole_session() -> None:
    provider, _ = _open()
    with pytest.raises(UsageError, match="EUR-USD"):
        await provider.candles(
            CandleRequest(Route.BY_SESSION, (EUR,), Timeframe.D1, days(date(2024, 1, 2), date(2024, 1, 2)))
        )


async def test_a_whole_session_comes_in_days_only_and_nothing_is_asked_for_hours() -> None:
    provider, recorder = _open()
    with pytest.raises(UsageError, match="whole sessions as 1d candles, asked were 1h ones"):
        await provider.candles(
            CandleRequest(Route.BY_SESSION, (AAPL,), Timeframe.H1, days(date(2024, 1, 2), date(2024, 1, 2)))
        )
    assert recorder.asked == []


async def test_weeks_are_not_served() -> None:
    provider, _ = _open()
    with pytest.raises(UsageError, match="1w"):
        await provider.candles(
            CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.W1, days(date(2024, 1, 2), date(2024, 1, 9)))
        )


async def test_what_is_too_old_for_the_plan_names_the_setting() -> None:
    text = "Your plan doesn't include this data timeframe."
    provider, _ = _open(lambda _: (403, {"status": "NOT_AUTHORIZED", "message": text}))
    with pytest.raises(BeyondDepth, match="HISTORY_YEARS"):
        await provider.candles(
            CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.D1, days(date(2004, 1, 2), date(2004, 1, 9)))
        )


def test_the_reach_is_the_plans() -> None:
    now = CLOCK.now()
    assert _open()[0].reach(AAPL, Timeframe.D1, now) is None
    assert _open(history_years=2)[0].reach(AAPL, Timeframe.D1, now) == midnight(date(2024, 11, 21))


def test_without_a_rate_of_ones_own_the_free_plan_is_assumed() -> None:
    free, paid = _open(rate_per_minute=None)[0].capabilities, _open()[0].capabilities
    assert (free.quotas[0].weight, free.quotas[0].period_seconds, free.serves_forming) == (5, 60, False)
    assert (paid.quotas[0].weight, paid.serves_forming) == (1e6, True)
    assert free.settles_after > paid.settles_after


async def test_the_splits_of_a_few_are_asked_by_ticker_and_of_many_by_date() -> None:
    provider, recorder = _open(lambda _: (200, {"status": "OK", "results": []}))
    interval = days(date(2024, 1, 1), date(2024, 12, 31))
    await provider.splits([AAPL, BTC], interval)
    many = [Instrument(number, f"A{number}", AssetClass.STOCK, "XNYS") for number in range(20)]
    answer = await provider.splits(many, interval)
    assert [("ticker=AAPL" in asked) for asked in recorder.asked] == [True, False]
    assert "execution_date.gte=2024-01-01" in recorder.asked[1]
    assert "execution_date.lte=2024-12-31" in recorder.asked[1]
    assert answer.calls == 1


async def test_pages_of_splits_are_followed_and_odd_rows_left_out() -> None:
    rows = [
        {"ticker": "AAPL", "execution_date": "2024-06-10", "split_from": 1, "split_to": 10},
        {"ticker": "AAPL", "execution_date": "2024-07-10", "split_from": 0, "split_to": 10},
        {"ticker": "AAPL", "execution_date": "someday", "split_from": 1, "split_to": 10},
        {"ticker": "AAPL", "execution_date": "2025-06-10", "split_from": 1, "split_to": 10},
    ]

    def serve(request: httpx.Request) -> tuple[int, object]:
        if "cursor" in request.url.params:
            return 200, {
                "status": "OK",
                "results": [{**rows[0], "execution_date": "2024-08-01", "split_from": 8, "split_to": 1}],
            }
        return 200, {"status": "OK", "results": rows, "next_url": "https://api.polygon.io/v3/reference/splits?cursor=x"}

    provider, _ = _open(serve)
    answer = await provider.splits([AAPL], days(date(2024, 1, 1), date(2024, 12, 31)))
    assert answer.splits.select("ex_date", "ratio").rows() == [(date(2024, 6, 10), 10.0), (date(2024, 8, 1), 0.125)]
    assert answer.calls == 2


async def test_pages_of_splits_that_go_round_end() -> None:
    link = "https://api.polygon.io/v3/reference/splits?cursor=x"
    provider, recorder = _open(lambda _: (200, {"status": "OK", "results": [], "next_url": link}))
    with pytest.raises(Malformed, match="circle"):
        await provider.splits([AAPL], days(date(2024, 1, 1), date(2024, 12, 31)))
    assert len(recorder.asked) == 2


async def test_an_answer_that_cannot_be_used_counts_its_call() -> None:
    provider, _ = _open(lambda _: (200, {"ticker": "MSFT", "resultsCount": 0, "status": "OK"}))
    with pytest.raises(Malformed) as caught:
        await provider.candles(
            CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.D1, days(date(2024, 1, 2), date(2024, 1, 9)))
        )
    assert caught.value.calls == 1


async def test_splits_that_fail_at_the_second_ticker_count_both_calls() -> None:
    msft = Instrument(4, "MSFT", AssetClass.STOCK, "XNYS")
    provider, _ = _open(
        lambda request: (
            200,
            {"status": "OK", "results": []} if "AAPL" in str(request.url) else {"status": "OK", "results": 5},
        )
    )
    with pytest.raises(Malformed) as caught:
        await provider.splits([AAPL, msft], days(date(2020, 1, 1), date(2024, 12, 31)))
    assert caught.value.calls == 2


async def test_a_second_ticker_that_is_refused_counts_both_calls() -> None:
    msft = Instrument(4, "MSFT", AssetClass.STOCK, "XNYS")
    provider, _ = _open(
        lambda request: (
            (200, {"status": "OK", "results": []}) if "AAPL" in str(request.url) else (403, {"status": "ERROR"})
        )
    )
    with pytest.raises(NotEntitled) as caught:
        await provider.splits([AAPL, msft], days(date(2020, 1, 1), date(2024, 12, 31)))
    assert caught.value.calls == 2


@pytest.mark.parametrize("key", ["k\n", "  k "])
async def test_blanks_that_came_with_copying_the_key_are_left_out(key: str) -> None:
    provider, recorder = _open(api_key=SecretStr(key))
    await provider.splits([AAPL], days(date(2024, 1, 1), date(2024, 1, 2)))
    assert len(recorder.asked) == 1


async def test_a_key_that_polygon_repeats_is_not_repeated() -> None:
    provider, _ = _open(lambda _: (401, {"status": "ERROR", "error": "Unknown API Key: <k>"}))
    with pytest.raises(AuthFailed) as caught:
        await provider.splits([AAPL], days(date(2024, 1, 1), date(2024, 12, 31)))
    assert "<k>" not in str(caught.value)


@pytest.mark.parametrize("key", ["k\nk", "k\u2026", "k\x00"])
def test_a_key_that_no_header_carries_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(AuthFailed, match="copy it again") as caught:
        _open(api_key=SecretStr(key))
    assert caught.value.__cause__ is None


def test_a_base_url_that_is_no_address_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"providers\.polygon\.base_url"):
        _open(base_url="http://[::1")


async def test_on_a_paid_plan_an_hour_is_final_a_quarter_of_an_hour_after_its_end_though_a_day_is_not() -> None:
    bars = [{"t": 1763636400000, "o": 1, "h": 1, "l": 1, "c": 1, "v": 1}]  # 2025-11-20 11:00 UTC

    def serve(_request: httpx.Request) -> tuple[int, object]:
        return 200, {"ticker": "X:BTCUSD", "resultsCount": 1, "results": bars, "status": "OK"}

    asked = CandleRequest(Route.BY_SYMBOL, (BTC,), Timeframe.H1, days(date(2025, 11, 20), date(2025, 11, 20)))
    finals = []
    for minute in (15, 16):
        clock = ManualClock(datetime(2025, 11, 20, 12, minute, tzinfo=UTC))
        settings = PolygonSettings(base_url="http://polygon.test", rate_per_minute=1e6, api_key=SecretStr("k"))
        answer = await open_polygon(settings, clock, Recorder(serve)).candles(asked)
        finals += answer.candles["is_final"].to_list()
    assert finals == [False, True]
