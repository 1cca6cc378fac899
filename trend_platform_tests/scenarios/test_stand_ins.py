"""Scenarios 2, 3, 4, 5, 13 and 15 with several providers, each speaking its own shape: who stands in, and what the rows say."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import httpx
import numpy as np
import orjson
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.outcome import Outcome
from trend_platform.providers.registry import open_provider
from trend_platform.settings import (
    BitfinexSettings,
    CoinbaseSettings,
    PolygonSettings,
    ProvidersSettings,
    ReplacePolicy,
    TiingoSettings,
    TwelveDataSettings,
)
from trend_platform_tests.servers.bitfinex_book import BitfinexBook
from trend_platform_tests.servers.daily_books import Line, Serve, TiingoBook, TwelveDataBook, serving_polygon
from trend_platform_tests.servers.polygon_book import PolygonBook
from trend_platform_tests.world import World

AS_OF = date(2026, 2, 27)
YEAR = days(date(2025, 2, 1), date(2026, 2, 28))


def candles(calendar: str = "XNYS", symbol: str = "AAPL") -> pl.DataFrame:
    """A year of candles: `symbol`, `opened_at`, prices, `volume`."""
    opens = get_calendar(calendar).candle_opens(Timeframe.D1, YEAR)
    close = np.round(100 + 10 * np.sin(np.arange(len(opens)) / 9), 2)
    stamps = pl.Series("opened_at", opens).cast(pl.Datetime("us", "UTC"))
    prices = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": np.full(len(opens), 900.0)}
    return pl.DataFrame({"symbol": [symbol] * len(opens), "opened_at": stamps, **prices})


@dataclass
class Market:
    """Three providers of shares, and two exchanges, each on a line of its own."""

    world: World
    lines: dict[str, Line] = field(default_factory=dict)

    def line(self, name: str, serve: Serve, is_up: Callable[[], bool] = lambda: True) -> Line:
        self.lines[name] = Line(serve, is_up)
        return self.lines[name]

    def look(self, *symbols: str, range_: Range = Range.M6) -> Outcome:
        key, quick = SecretStr("key"), {"rate_per_minute": 60_000, "max_attempts": 2, "max_wait_seconds": 0.01}
        settings = ProvidersSettings(
            polygon=PolygonSettings(api_key=key, **quick),
            tiingo=TiingoSettings(api_key=key, calls_per_hour=1e9, calls_per_day=1e9, **quick),
            twelvedata=TwelveDataSettings(api_key=key, **quick),
            bitfinex=BitfinexSettings(**quick),
            coinbase=CoinbaseSettings(**quick),
        )
        opened = tuple(open_provider(name, settings, self.world.clock, line) for name, line in self.lines.items())
        return self.world.backfill(range_, *symbols, providers=opened, as_of=AS_OF)

    def senders(self, symbol: str = "AAPL") -> list[tuple[str, date, date]]:
        """Who sent the rows, from which day to which."""
        rows = self.world.candles(symbol).select("provider", pl.col("opened_at").dt.date().alias("day"))
        runs = rows.with_columns(pl.col("provider").rle_id().alias("run")).group_by("run", maintain_order=True)
        return [(part["provider"][0], part["day"][0], part["day"][-1]) for _, part in runs]


@pytest.fixture
def market(real_world: World) -> Market:
    real_world.policy = replace(real_world.policy, return_seconds=0.0)
    return Market(real_world)


def kinds(outcome: Outcome) -> set[tuple[str, str, str]]:
    return {(one.provider, one.kind, one.served_by) for one in outcome.failures if one.symbol != "splits"}


def polygon_pages(spoil: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> Serve:
    """Polygon in pages of fifty, of which `spoil` may make something else."""
    serve = serving_polygon(PolygonBook(candles(), page_rows=50, host="https://api.massive.com"))
    return lambda request: spoil(request, serve(request))


def test_2_a_page_that_fails_for_good_is_served_by_another_provider_from_there_on(market: Market):
    def third_fails(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        page = int(request.url.params.get("cursor", "c0")[1:]) // 50
        return httpx.Response(500, text="oops") if page >= 2 else answer

    market.world.add("AAPL")
    whole = candles()
    market.line("polygon", polygon_pages(third_fails))
    tiingo = market.line("tiingo", TiingoBook(whole).serve)
    outcome = market.look("AAPL", range_=Range.Y1)
    first, second = market.senders()
    assert (first[0], second[0], outcome.is_complete) == ("polygon", "tiingo", True)
    assert kinds(outcome) == {("polygon", "Transient", "tiingo")}
    expected = whole.filter(pl.col("opened_at").dt.date() >= first[1])["opened_at"].dt.date().to_list()
    assert market.world.stored_days("AAPL") == expected
    assert tiingo.served >= 1


def test_3_a_page_that_begins_late_leaves_no_silent_hole(market: Market):
    spoilt: list[str] = []

    def late(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        document = orjson.loads(answer.content)
        if len(spoilt) >= 2 or "cursor" not in request.url.params:
            return answer
        spoilt.append(str(request.url))
        return httpx.Response(200, content=orjson.dumps(document | {"results": document["results"][1:]}))

    market.world.add("AAPL")
    market.line("polygon", polygon_pages(late))
    market.line("twelvedata", TwelveDataBook(candles()).serve)
    outcome = market.look("AAPL")
    assert (len(spoilt), outcome.is_complete) == (2, True)
    first = market.senders()[0][1]
    expected = candles().filter(pl.col("opened_at").dt.date() >= first)["opened_at"].dt.date().to_list()
    assert market.world.stored_days("AAPL") == expected


def test_4_candles_of_another_length_are_refused_and_the_next_provider_is_asked(market: Market):
    weeks = TiingoBook(candles().gather_every(5))
    market.world.add("AAPL")
    market.line("tiingo", weeks.serve)
    market.line("twelvedata", TwelveDataBook(candles()).serve)
    outcome = market.look("AAPL")
    assert kinds(outcome) == {("tiingo", "GranularityMismatch", "twelvedata")}
    assert [sender for sender, _, _ in market.senders()] == ["twelvedata"]


OUTAGE = [date(2025, 12, 2) + timedelta(days=number) for number in range(8)]


def bitfinex(outage: list[date]) -> Serve:
    # A day's candle as `[ms, open, close, high, low, volume]`; days without trades have none.
    rows = [
        orjson.dumps([int(at.timestamp() * 1000), open_, close, high, low, 900.0])
        for _, at, open_, high, low, close, _ in candles("24/7", "tBTCUSD").iter_rows()
        if at.date() not in outage
    ]
    book = BitfinexBook({"tBTCUSD": rows}, length="1D")

    def serve(request: httpx.Request) -> httpx.Response:
        reply = book.reply(request.url.raw_path.decode())
        return httpx.Response(reply.status, content=reply.body)

    return serve


def coinbase(request: httpx.Request) -> httpx.Response:
    """Days as `[s, low, high, open, close, volume]`, the newest first."""
    first, last = (datetime.fromisoformat(request.url.params[name]) for name in ("start", "end"))
    told = candles("24/7", "BTC-USD").filter(pl.col("opened_at").is_between(first, last))
    rows = [
        [int(at.timestamp()), low, high, open_, close, 900.0] for _, at, open_, high, low, close, _ in told.iter_rows()
    ]
    return httpx.Response(200, content=orjson.dumps(rows[::-1]))


def test_5_what_a_venue_lacks_because_it_was_down_another_one_has(market: Market):
    market.world.add("BTC-USD")
    market.line("bitfinex", bitfinex(OUTAGE))
    market.line("coinbase", coinbase)
    outcome = market.look("BTC-USD")
    assert [sender for sender, _, _ in market.senders("BTC-USD")] == ["bitfinex", "coinbase", "bitfinex"]
    assert market.senders("BTC-USD")[1][1:] == (OUTAGE[0], OUTAGE[-1])
    assert outcome.is_complete
    asked = market.lines["bitfinex"].served
    market.world.clock.advance(timedelta(days=60))
    assert (market.look("BTC-USD").calls, market.lines["bitfinex"].served) == ({}, asked)


def test_5_an_outage_that_nobody_has_is_not_asked_for_forever(market: Market):
    market.world.add("BTC-USD")
    market.line("bitfinex", bitfinex(OUTAGE))
    (gap,) = next(iter(market.look("BTC-USD").accounts)).gaps
    assert (gap.reason, gap.missing, gap.is_believed) == (GapReason.UNKNOWN, len(OUTAGE), False)
    market.world.clock.advance(timedelta(hours=13))
    assert market.look("BTC-USD").is_complete
    for _ in range(10):
        market.world.clock.advance(timedelta(days=1))
        assert market.look("BTC-USD").calls == {}


def test_13_three_take_turns_and_the_policy_decides_when_the_first_is_back(market: Market):
    whole, down = candles(), {"polygon", "tiingo"}
    market.world.add("AAPL")
    market.line("polygon", serving_polygon(PolygonBook(whole)), lambda: "polygon" not in down)
    market.line("tiingo", TiingoBook(whole).serve, lambda: "tiingo" not in down)
    market.line("twelvedata", TwelveDataBook(whole).serve)
    outcome = market.look("AAPL")
    assert [sender for sender, _, _ in market.senders()] == ["twelvedata"]
    assert {(provider, served) for provider, _, served in kinds(outcome)} == {
        ("polygon", "twelvedata"),
        ("tiingo", "twelvedata"),
    }
    down.clear()
    assert (market.look("AAPL").calls, [sender for sender, _, _ in market.senders()]) == ({}, ["twelvedata"])
    market.world.policy = replace(market.world.policy, replacing=ReplacePolicy.PREFER_FIRST)
    replaced = market.look("AAPL")
    assert (set(replaced.replaced), set(replaced.calls)) == ({"twelvedata"}, {"polygon"})
    # The same values from another sender are no other candle: who sent it first stays named.
    assert (replaced.upserted.corrected, replaced.upserted.unchanged > 100) == (0, True)


def test_15_absence_is_an_observation_of_each_provider_by_itself(market: Market):
    day = date(2026, 1, 14)
    lacking = candles().filter(pl.col("opened_at").dt.date() != day)
    market.world.add("AAPL")
    market.line("polygon", serving_polygon(PolygonBook(lacking)))
    market.line("tiingo", TiingoBook(lacking).serve)
    (gap,) = next(iter(market.look("AAPL").accounts)).gaps
    assert (gap.provider, gap.reason, gap.is_believed) == ("tiingo", GapReason.UNKNOWN, False)

    market.world.clock.advance(timedelta(hours=13))
    market.line("tiingo", TiingoBook(candles()).serve)
    assert market.look("AAPL").is_complete
    assert ("tiingo", day, day) in market.senders()
    assert datetime(2026, 1, 14, tzinfo=UTC) in market.world.candles("AAPL")["opened_at"].to_list()
