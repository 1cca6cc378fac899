"""What Kraken is asked, how far it reaches, and what is made of its answers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, Malformed, NothingThere, UsageError
from trend_platform.providers.kraken.candles import DEPTH, parse_candles
from trend_platform.providers.kraken.provider import Kraken, open_kraken
from trend_platform.settings import KrakenSettings
from trend_platform_tests.providers.exchanges import Exchange, asking, pair

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TOLD = "Fri, 20 Nov 2026 11:59:58 GMT"


def _open(*documents: object, headers: dict[str, str] | None = None) -> tuple[Kraken, Exchange]:
    exchange = Exchange(*documents or (_told([]),), headers={"Date": TOLD} if headers is None else headers)
    settings = KrakenSettings(base_url="http://kraken.test/0/public", rate_per_minute=1e6, max_attempts=1)
    return open_kraken(settings, ManualClock(NOW), exchange), exchange


def _told(rows: list[object], name: str = "XXBTZUSD") -> dict[str, object]:
    return {"error": [], "result": {name: rows, "last": 1}}


def _row(day: date, **values: object) -> list[object]:
    told = {"o": "2.0", "h": "4.0", "l": "1.0", "c": "3.0", "vwap": "2.5", "v": "6.5", "n": 7, **values}
    return [int(midnight(day).timestamp()), *told.values()]


def _newest(count: int) -> list[object]:
    return [_row(NOW.date() - number * DAY) for number in reversed(range(count))]


async def test_the_newest_are_asked_once_by_short_name_and_the_rest_left_out() -> None:
    provider, exchange = _open(_told(_newest(10)))
    answer = await provider.candles(asking("BTC-USD", Timeframe.D1, days(date(2026, 11, 15), date(2026, 11, 17))))
    assert dict(exchange.asked[0].url.params) == {"pair": "XBTUSD", "interval": "1440"}
    assert answer.candles["opened_at"].dt.day().to_list() == [15, 16, 17]
    assert answer.candles.select("open", "high", "low", "close", "vwap", "volume", "trade_count").row(0) == (
        *(2.0, 4.0, 1.0, 3.0),
        *(2.5, 6.5, 7),
    )
    assert answer.calls == 1


async def test_the_last_row_is_not_final() -> None:
    provider, _ = _open(_told(_newest(3)))
    answer = await provider.candles(asking("BTC-USD", Timeframe.D1, days(date(2026, 11, 18), date(2026, 11, 20))))
    assert answer.candles["is_final"].to_list() == [True, True, False]


async def test_what_720_candles_do_not_reach_is_beyond_depth_before_any_call() -> None:
    provider, exchange = _open(_told(_newest(DEPTH)))
    first = NOW.date() - (DEPTH - 1) * DAY
    with pytest.raises(BeyondDepth, match="newest 720 1d candles, back to 2024-12-01"):
        await provider.candles(asking("BTC-USD", Timeframe.D1, days(first - DAY, NOW.date())))
    assert exchange.asked == []
    answer = await provider.candles(asking("BTC-USD", Timeframe.D1, days(first, NOW.date())))
    assert answer.candles.height == DEPTH


async def test_an_answer_that_reaches_less_far_than_the_clock_says_is_beyond_depth() -> None:
    provider, _ = _open(_told([_row(NOW.date() + DAY - number * DAY) for number in reversed(range(DEPTH))]))
    with pytest.raises(BeyondDepth) as caught:
        await provider.candles(asking("BTC-USD", Timeframe.D1, days(NOW.date() - (DEPTH - 1) * DAY, NOW.date())))
    assert caught.value.calls == 1


async def test_a_young_pair_has_no_candles_before_its_first_and_that_is_an_answer() -> None:
    provider, _ = _open(_told(_newest(5)))
    before = days(date(2026, 10, 1), date(2026, 10, 5))
    answer = await provider.candles(asking("BTC-USD", Timeframe.D1, before))
    assert (answer.candles.height, answer.answered, answer.failure) == (0, before, None)


@pytest.mark.parametrize(
    ("timeframe", "first"),
    [
        (Timeframe.M1, datetime(2026, 11, 20, 0, 11, tzinfo=UTC)),
        (Timeframe.H1, datetime(2026, 10, 21, 13, tzinfo=UTC)),
        (Timeframe.D1, datetime(2024, 12, 1, tzinfo=UTC)),
    ],
)
def test_it_reaches_720_candles_back_with_ten_minutes_to_spare(timeframe: Timeframe, first: datetime) -> None:
    provider, _ = _open()
    assert provider.reach(pair("BTC-USD"), timeframe, NOW) == first
    assert provider.reach(pair("BTC-USD"), Timeframe.H12, NOW) is None


async def test_what_lies_within_reach_can_still_be_asked_ten_minutes_later() -> None:
    provider, _ = _open(_told([]))
    start = provider.reach(pair("BTC-USD"), Timeframe.M1, NOW - timedelta(minutes=10))
    assert start is not None
    assert (await provider.candles(asking("BTC-USD", Timeframe.M1, Interval(start, NOW)))).candles.height == 0


def test_a_day_without_trades_has_no_vwap() -> None:
    quiet = _row(date(2026, 11, 1), vwap="0.0", v="0.0", n=0)
    (row,) = parse_candles(_told([quiet]), pair("BTC-USD"), Timeframe.D1, NOW).candles.to_dicts()
    assert (row["vwap"], row["volume"], row["trade_count"], row["close"]) == (None, 0.0, 0, 3.0)


@pytest.mark.parametrize(
    "result", [{"XETHZUSD": [], "last": 1}, {"last": 1}, {}, {"XXBTZUSD": [], "ADAUSD": []}, {"XXBTZUSD": {}}]
)
def test_another_pair_or_no_rows_are_malformed(result: object) -> None:
    with pytest.raises(Malformed):
        parse_candles({"error": [], "result": result}, pair("BTC-USD"), Timeframe.D1, NOW)


async def test_a_length_that_is_not_served_is_refused_without_a_call() -> None:
    provider, exchange = _open()
    with pytest.raises(UsageError):
        await provider.candles(asking("BTC-USD", Timeframe.H12, days(date(2026, 11, 1), date(2026, 11, 1))))
    with pytest.raises(NothingThere):
        await provider.candles(asking("XBT-USD", Timeframe.D1, days(date(2026, 11, 1), date(2026, 11, 1))))
    assert exchange.asked == []


def _ticker(trades: int = 5) -> dict[str, object]:
    return {"c": ["3.0", "0.1"], "b": ["2.9", "1", "1"], "a": ["3.1", "1", "1"], "t": [1, trades]}


async def test_a_ticker_is_dated_by_krakens_own_answer_and_never_by_our_clock() -> None:
    provider, _ = _open({"error": [], "result": {"XXBTZUSD": _ticker()}})
    (row,) = (await provider.quotes([pair("BTC-USD")])).quotes.to_dicts()
    assert row["quoted_at"] == datetime(2026, 11, 20, 11, 59, 58, tzinfo=UTC)
    assert (row["price"], row["bid"], row["ask"]) == (3.0, 2.9, 3.1)


async def test_a_ticker_of_an_answer_without_a_date_is_malformed() -> None:
    provider, _ = _open({"error": [], "result": {"XXBTZUSD": _ticker()}}, headers={})
    with pytest.raises(Malformed, match="without its time"):
        await provider.quotes([pair("BTC-USD")])


async def test_a_pair_without_a_trade_in_a_day_has_no_price() -> None:
    provider, _ = _open({"error": [], "result": {"XXBTZUSD": _ticker(trades=0), "XDGUSD": _ticker()}})
    answer = await provider.quotes([pair("BTC-USD", 1), pair("DOGE-USD", 2)])
    assert (answer.nothing_there, answer.quotes["instrument_id"].to_list()) == ({1}, [2])


async def test_one_unknown_name_makes_it_ask_for_the_whole_market_once() -> None:
    refused = {"error": ["EQuery:Unknown asset pair"]}
    whole = {"error": [], "result": {"XXBTZUSD": _ticker(), "ADAUSD": _ticker(), "XETHZUSD": _ticker()}}
    provider, exchange = _open(refused, whole)
    answer = await provider.quotes([pair("BTC-USD", 1), pair("NOSUCH-USD", 2)])
    assert [request.url.params.get("pair") for request in exchange.asked] == ["XBTUSD,NOSUCHUSD", None]
    assert (answer.quotes["instrument_id"].to_list(), answer.nothing_there, answer.calls) == ([1], {2}, 2)
