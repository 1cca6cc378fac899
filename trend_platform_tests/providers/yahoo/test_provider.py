"""What Yahoo is asked, and what it is not asked twice."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, NothingThere, RateLimited, UsageError
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.yahoo.provider import Yahoo, open_yahoo
from trend_platform.settings import YahooSettings
from trend_platform_tests.providers.network import Script

NOW = datetime(2024, 3, 8, 22, tzinfo=UTC)
SHARE = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
_SPLIT = {"date": round(datetime(2024, 3, 7, 14, 30, tzinfo=UTC).timestamp()), "numerator": 4, "denominator": 1}


class _Charts(httpx.AsyncBaseTransport):
    # One bar of 25.0 on the day before a split of 4 for 1, whatever is asked.
    def __init__(self) -> None:
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        asked = request.url.params
        at = round(datetime(2024, 3, 6, 14, 30, tzinfo=UTC).timestamp())
        zone = "America/New_York"
        meta = {"symbol": "AAPL", "exchangeTimezoneName": zone, "dataGranularity": asked["interval"], "currency": "USD"}
        has_split = int(asked["period1"]) <= _SPLIT["date"] < int(asked["period2"])
        quote = {name: [25.0] for name in ("open", "high", "low", "close", "volume")}
        result = {"meta": meta, "timestamp": [at], "indicators": {"quote": [quote]}}
        events = {"events": {"splits": {"a": _SPLIT}}} if has_split else {}
        return httpx.Response(200, content=orjson.dumps({"chart": {"result": [{**result, **events}], "error": None}}))


def _open(transport: httpx.AsyncBaseTransport, **more: object) -> Yahoo:
    settings = YahooSettings.model_validate({"base_url": "http://yahoo.test", "rate_per_minute": 1e6, **more})
    return open_yahoo(settings, ManualClock(NOW), transport)


def _request(timeframe: Timeframe, interval: Interval, instruments: Sequence[Instrument] = (SHARE,)) -> CandleRequest:
    return CandleRequest(Route.BY_SYMBOL, tuple(instruments), timeframe, interval)


async def test_days_long_past_are_asked_up_to_the_present_so_that_later_splits_are_known() -> None:
    charts = _Charts()
    answer = await _open(charts).candles(_request(Timeframe.D1, days(date(2024, 3, 5), date(2024, 3, 6))))
    assert answer.candles.select("close", "volume").rows() == [(100.0, 6.0)]
    assert answer.evidence == "AAPL: 1 page, 1 row; 1 split undone"
    assert int(charts.asked[0].params["period2"]) > NOW.timestamp()


async def test_minutes_long_past_ask_for_the_later_splits_once() -> None:
    charts = _Charts()
    yahoo = _open(charts)
    past = Interval(datetime(2024, 3, 6, tzinfo=UTC), datetime(2024, 3, 7, tzinfo=UTC))
    for _ in range(2):
        answer = await yahoo.candles(_request(Timeframe.M1, past))
        assert answer.candles["close"].to_list() == [100.0]
    assert [url.params["interval"] for url in charts.asked] == ["1m", "1mo", "1m"]


async def test_minutes_up_to_the_present_have_their_splits_with_them() -> None:
    charts = _Charts()
    answer = await _open(charts).candles(_request(Timeframe.M1, Interval(datetime(2024, 3, 6, tzinfo=UTC), NOW)))
    assert (answer.candles["close"].to_list(), len(charts.asked)) == ([100.0], 1)


async def test_minutes_are_asked_in_windows_that_yahoo_allows() -> None:
    charts = _Charts()
    start = NOW - timedelta(days=20)
    await _open(charts).candles(_request(Timeframe.M1, Interval(start, NOW)))
    spans = [
        int(url.params["period2"]) - int(url.params["period1"])
        for url in charts.asked
        if url.params["interval"] == "1m"
    ]
    assert len(spans) == 3
    assert max(spans) <= 7 * 86_400


async def test_splits_that_were_told_with_days_cost_no_call() -> None:
    charts = _Charts()
    yahoo = _open(charts)
    await yahoo.candles(_request(Timeframe.D1, days(date(2024, 3, 1), date(2024, 3, 8))))
    answer = await yahoo.splits([SHARE], days(date(2024, 3, 2), date(2024, 3, 8)))
    assert (answer.calls, answer.splits["ratio"].to_list()) == (0, [4.0])


async def test_coins_and_indices_have_no_splits_to_ask_for() -> None:
    charts = _Charts()
    coin = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    assert (await _open(charts).splits([coin], days(date(2024, 3, 1), date(2024, 3, 8)))).calls == 0
    assert charts.asked == []


def test_bars_within_the_day_reach_back_as_far_as_yahoo_keeps_them() -> None:
    yahoo = _open(_Charts())
    assert yahoo.reach(SHARE, Timeframe.D1, NOW) is None
    assert yahoo.reach(SHARE, Timeframe.M1, NOW) == NOW - timedelta(days=29)
    assert yahoo.reach(SHARE, Timeframe.H1, NOW) == NOW - timedelta(days=729)


async def test_the_edges_refusal_stops_the_calls_that_follow_before_they_are_sent() -> None:
    script = Script([(429, {}, b"Edge: Too Many Requests")])
    yahoo = _open(script, max_wait_seconds=1.0)
    request = _request(Timeframe.D1, days(date(2024, 3, 5), date(2024, 3, 6)))
    for expected in ("Edge: Too Many Requests; all calls to it stop for 60 s", "nothing was sent"):
        with pytest.raises(RateLimited, match=expected):
            await yahoo.candles(request)
    assert len(script.requests) == 1
    assert script.requests[0].headers["user-agent"].startswith("Mozilla/5.0")


async def test_a_question_for_consent_is_a_wall() -> None:
    script = Script([(302, {"Location": "https://consent.yahoo.com/v2/collectConsent"}, b"")])
    with pytest.raises(Blocked, match=r"consent\.yahoo\.com"):
        await _open(script).candles(_request(Timeframe.D1, days(date(2024, 3, 5), date(2024, 3, 6))))


async def test_what_has_no_symbol_is_not_asked_for() -> None:
    charts = _Charts()
    london = Instrument(8, "VOD.L", AssetClass.STOCK, "XLON")
    with pytest.raises(NothingThere, match=r"VOD\.L"):
        await _open(charts).candles(_request(Timeframe.D1, days(date(2024, 3, 5), date(2024, 3, 6)), [london]))
    with pytest.raises(UsageError, match="30m"):
        await _open(charts).candles(_request(Timeframe.M30, Interval(NOW - timedelta(days=1), NOW)))
    assert charts.asked == []


async def test_instruments_of_one_symbol_fail_by_name_and_the_others_are_quoted_by_the_users_own_spelling() -> None:
    spark = {"timestamp": [round(NOW.timestamp()) - 60], "close": [5.5], "previousClose": 5.0}
    script = Script([(200, {}, orjson.dumps({"UNI7083-USD": spark}))])
    coin = Instrument(9, "UNI-USD", AssetClass.CRYPTO, "24/7")
    index, same = (Instrument(number, name, AssetClass.INDEX, "XNYS") for number, name in ((1, "GSPC"), (2, "^GSPC")))
    london = Instrument(3, "VOD.L", AssetClass.STOCK, "XLON")
    answer = await _open(script, symbols={"UNI-USD": "UNI7083-USD"}).quotes([coin, index, same, london])
    assert script.requests[0].url.params["symbols"] == "UNI7083-USD"
    assert answer.quotes.select("instrument_id", "price", "previous_close").rows() == [(9, 5.5, 5.0)]
    assert answer.nothing_there == {3}
    assert set(answer.failures) == {1, 2}
    assert "GSPC (index) and ^GSPC (index) alike" in str(answer.failures[1])


async def test_twenty_symbols_are_asked_a_call_one_of_its_kind_after_the_other() -> None:
    script = Script([(200, {}, b"{}")])
    shares = [Instrument(number, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(45)]
    answer = await _open(script).quotes(shares)
    assert [len(request.url.params["symbols"].split(",")) for request in script.requests] == [20, 20, 5]
    assert (answer.calls, len(answer.nothing_there)) == (3, 45)


async def test_a_share_without_a_symbol_is_not_asked_for_its_splits() -> None:
    charts = _Charts()
    london = Instrument(8, "VOD.L", AssetClass.STOCK, "XLON")
    answer = await _open(charts).splits([london, SHARE], days(date(2024, 3, 1), date(2024, 3, 8)))
    assert answer.splits.select("instrument_id", "ratio").rows() == [(7, 4.0)]
    assert [url.path for url in charts.asked] == ["/v8/finance/chart/AAPL"]


async def test_a_share_yahoo_does_not_know_has_no_splits_and_costs_the_others_nothing() -> None:
    unknown = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}
    answer = await _open(Script([(404, {}, orjson.dumps(unknown))])).splits(
        [SHARE], days(date(2024, 3, 1), date(2024, 3, 8))
    )
    assert (answer.splits.height, answer.calls) == (0, 1)
