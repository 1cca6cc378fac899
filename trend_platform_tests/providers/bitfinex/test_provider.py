"""What Bitfinex is asked, page by page, and what is made of its answers."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Malformed, NothingThere, UsageError
from trend_platform.providers.base import Quota
from trend_platform.providers.bitfinex.provider import Bitfinex, open_bitfinex
from trend_platform.providers.bitfinex.tickers import read_tickers
from trend_platform.settings import BitfinexSettings
from trend_platform_tests.providers.exchanges import Exchange, asking, pair
from trend_platform_tests.servers.bitfinex_book import BitfinexBook

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TOLD = datetime(2026, 11, 20, 11, 59, 58, tzinfo=UTC)
HEADERS = {"Date": "Fri, 20 Nov 2026 11:59:58 GMT"}


def _open(transport: httpx.AsyncBaseTransport) -> Bitfinex:
    settings = BitfinexSettings(base_url="http://bitfinex.test/v2", rate_per_minute=1e6, max_attempts=1)
    return open_bitfinex(settings, ManualClock(NOW), transport)


class Served(httpx.AsyncBaseTransport):
    """A book of minutes, and the first millisecond of each request."""

    def __init__(self, minutes: list[int]) -> None:
        first = int(START.timestamp()) * 1000
        self._book = BitfinexBook({"tBTCUSD": [b"[%d,1,2,3,0.5,1]" % (first + 60_000 * number) for number in minutes]})
        self.minutes: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        assert (params["sort"], params["limit"]) == ("1", "10000")
        self.minutes.append((int(params["start"]) - START.timestamp() * 1000) / 60_000)
        reply = self._book.reply(request.url.raw_path.decode())
        return httpx.Response(reply.status, content=reply.body)


def _minutes(count: int) -> Interval:
    return Interval(START, START + count * MINUTE)


async def test_both_bounds_are_included_so_the_last_millisecond_lies_before_the_end() -> None:
    exchange = Exchange([])
    await _open(exchange).candles(asking("BTC-USD", Timeframe.M1, _minutes(10)))
    assert exchange.asked[0].url.path == "/v2/candles/trade:1m:tBTCUSD/hist"
    first = int(START.timestamp()) * 1000
    assert dict(exchange.asked[0].url.params) == {
        "limit": "10000",
        "start": str(first),
        "end": str(first + 599_999),
        "sort": "1",
    }


async def test_days_are_asked_with_a_capital_letter_and_longer_codes_with_a_colon() -> None:
    exchange = Exchange([])
    await _open(exchange).candles(asking("DOGE-USD", Timeframe.D1, days(date(2026, 1, 1), date(2026, 1, 2))))
    assert exchange.asked[0].url.path == "/v2/candles/trade:1D:tDOGE:USD/hist"


async def test_prices_stand_in_their_own_order_open_close_high_low() -> None:
    exchange = Exchange([[int(START.timestamp()) * 1000, 2.0, 3.0, 4.0, 1.0, 6.5]])
    answer = await _open(exchange).candles(asking("BTC-USD", Timeframe.M1, _minutes(1)))
    assert answer.candles.select("open", "high", "low", "close", "volume").rows() == [(2.0, 4.0, 1.0, 3.0, 6.5)]


async def test_a_full_page_is_followed_from_the_millisecond_after_its_last_candle() -> None:
    served = Served(list(range(12_000)))
    answer = await _open(served).candles(asking("BTC-USD", Timeframe.M1, _minutes(12_000)))
    assert (answer.candles.height, answer.calls) == (12_000, 2)
    assert served.minutes == [0, 9_999 + 1 / 60_000]
    assert "absent" not in answer.evidence


async def test_minutes_without_trades_are_absent_and_the_evidence_says_so() -> None:
    answer = await _open(Served([0, 1, 7, 9])).candles(asking("BTC-USD", Timeframe.M1, _minutes(10)))
    assert (answer.candles.height, answer.calls, answer.answered) == (4, 1, _minutes(10))
    assert "6 of 10 candles are absent: it leaves out those without trades" in answer.evidence


async def test_a_short_page_that_ends_long_before_the_end_is_followed_up() -> None:
    served = Served([0, 1, 2, 5000])
    answer = await _open(served).candles(asking("BTC-USD", Timeframe.M1, _minutes(8000)))
    assert (answer.candles.height, answer.failure, answer.answered) == (4, None, _minutes(8000))
    assert served.minutes == [0, 5000 + 1 / 60_000]


async def test_pages_join_over_minutes_without_trades() -> None:
    # The page after the hole is asked once more from the hole's start, which tells a hole from a late page.
    served = Served([*range(10_000), *range(10_005, 10_100)])
    answer = await _open(served).candles(asking("BTC-USD", Timeframe.M1, _minutes(10_100)))
    assert (answer.candles.height, answer.failure) == (10_095, None)
    assert served.minutes == [0, 9_999 + 1 / 60_000, 10_000]
    assert "begins after a hole" in answer.evidence


async def test_an_unknown_pair_answers_nothing_as_an_empty_span_does() -> None:
    answer = await _open(Served([0])).candles(asking("NOSUCH-USD", Timeframe.M1, _minutes(10)))
    assert (answer.candles.height, answer.failure) == (0, None)
    assert "10 of 10 candles are absent" in answer.evidence


async def test_what_it_does_not_serve_is_refused_without_a_call() -> None:
    exchange = Exchange([])
    with pytest.raises(UsageError):
        await _open(exchange).candles(asking("BTC-USD", Timeframe.H4, _minutes(600)))
    with pytest.raises(NothingThere):
        await _open(exchange).candles(asking("AMP-USD", Timeframe.M1, _minutes(600)))
    assert exchange.asked == []


def test_thirty_calls_a_minute_are_not_used_up_and_nothing_is_older_than_2013() -> None:
    provider = open_bitfinex(BitfinexSettings(), ManualClock(NOW))
    assert provider.capabilities.quotas == (Quota(25.0, 60.0),)
    assert provider.reach(pair("BTC-USD"), Timeframe.M1, NOW) == datetime(2013, 1, 1, tzinfo=UTC)


def _ticker(symbol: str, volume: object = 9.5) -> list[object]:
    return [symbol, 2.9, 10.0, 3.1, 11.0, -0.5, -0.01, 3.0, volume, 4.0, 1.0]


async def test_a_ticker_is_dated_by_bitfinex_own_answer_and_never_by_our_clock() -> None:
    provider = _open(Exchange([_ticker("tBTCUSD")], headers=HEADERS))
    (row,) = (await provider.quotes([pair("BTC-USD")])).quotes.to_dicts()
    assert (row["quoted_at"], row["price"], row["bid"], row["ask"]) == (TOLD, 3.0, 2.9, 3.1)


async def test_a_ticker_of_an_answer_without_a_date_is_malformed() -> None:
    with pytest.raises(Malformed, match="without its time"):
        await _open(Exchange([_ticker("tBTCUSD")])).quotes([pair("BTC-USD")])


async def test_a_pair_without_volume_and_one_it_does_not_know_have_no_price() -> None:
    provider = _open(Exchange([_ticker("tBTCUSD", 0), _ticker("tETHUSD")], headers=HEADERS))
    answer = await provider.quotes([pair("BTC-USD", 1), pair("ETH-USD", 2), pair("NOSUCH-USD", 3)])
    assert (answer.nothing_there, answer.quotes["instrument_id"].to_list()) == ({1, 3}, [2])


def test_funding_among_the_tickers_is_passed_over() -> None:
    funding = ["fUSD", 0.0003, 0.0002, 30, 1.0, 0.0001, 2, 2.0, 1.0, -0.1, 0.5, 9, 9, 9, None, None, 9]
    assert read_tickers([funding, _ticker("tBTCUSD")], {"tBTCUSD": pair("BTC-USD")}, TOLD)["price"].to_list() == [3.0]


@pytest.mark.parametrize("document", [None, {}, [1], [["tBTCUSD", 1]], [[1.0] * 11], [["BTCUSD"] * 11]])
def test_what_holds_no_tickers_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_tickers(document, {"tBTCUSD": pair("BTC-USD")}, TOLD)
