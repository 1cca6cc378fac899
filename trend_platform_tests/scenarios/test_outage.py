"""Scenarios 5 and 15 on the real database: an outage of the venue is called one, is not asked forever, and another provider is offered."""

from datetime import UTC, datetime, timedelta

import httpx
import orjson

from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.gaps import GapSelection, detect
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.repair import plan_repair, repair, undo
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import drive
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import BitfinexSettings, ProvidersSettings
from trend_platform_tests.servers.bitfinex_book import BitfinexBook
from trend_platform_tests.world import World

START = datetime(2016, 8, 2, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(days=4))
OUT = Interval(START + timedelta(hours=18, minutes=4), START + timedelta(days=2, hours=15, minutes=1))


class Exchange(httpx.AsyncBaseTransport):
    """Bitfinex's shape: every minute of two pairs but those of the outage, and every seventh without a trade."""

    def __init__(self) -> None:
        self.is_mended = False
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        reply = BitfinexBook({"tBTCUSD": self._rows(0), "tETHUSD": self._rows(3)}).reply(request.url.raw_path.decode())
        return httpx.Response(reply.status, content=reply.body)

    def _rows(self, shift: int) -> list[bytes]:
        minutes = [START + timedelta(minutes=number) for number in range(4 * 1440) if (number + shift) % 7]
        told = [minute for minute in minutes if self.is_mended or minute not in OUT]
        # Prices walk a little, as prices do: a flat line would be set aside.
        return [
            orjson.dumps([round(minute.timestamp() * 1000), price, price + 0.5, price + 1, price - 1, 2.5])
            for number, minute in enumerate(told)
            for price in [500 - 100 * shift + (number * (37 + shift) % 101) / 10]
        ]


def exchange(world: World, transport: Exchange) -> Provider:
    settings = ProvidersSettings(bitfinex=BitfinexSettings(rate_per_minute=1_000_000))
    return open_provider("bitfinex", settings, world.clock, transport)


def fetched(world: World, transport: Exchange) -> Outcome:
    pairs = world.add("BTC-USD", "ETH-USD")
    workshop = world.workshop(exchange(world, transport))
    windows = {one.instrument_id: WINDOW for one in pairs}
    outcome = drive(workshop, run(workshop, Wanted(pairs, Timeframe.M1, (), WINDOW.end.date(), windows=windows)))
    assert outcome.adds_up
    return outcome


def outage(world: World) -> list[tuple[str, datetime, datetime, bool]]:
    found = detect(world.workshop(), GapSelection(end=WINDOW.end, reasons=("venue_outage",)))
    return found.gaps.sort("symbol").select("symbol", "start_at", "end_at", "is_believed").rows()


def test_an_outage_is_called_one_and_not_asked_for_forever(real_world: World):
    transport = Exchange()
    outcome = fetched(real_world, transport)
    assert outcome.unexplained_missing == 0
    assert outage(real_world) == [(symbol, OUT.start, OUT.end, False) for symbol in ("BTC-USD", "ETH-USD")]
    asked = transport.asked
    fetched(real_world, transport)
    assert transport.asked == asked, "what is provisional is not asked for again at once"

    real_world.clock.advance(timedelta(hours=13))
    workshop = real_world.workshop(exchange(real_world, transport))
    drive(workshop, repair(workshop, plan_repair(workshop, GapSelection(reasons=("venue_outage",)))))
    assert outage(real_world) == [(symbol, OUT.start, OUT.end, True) for symbol in ("BTC-USD", "ETH-USD")]
    assert plan_repair(workshop, GapSelection(end=WINDOW.end, reasons=("venue_outage",))).calls == 0
    assert real_world.storage.coverage.differences(real_world.storage.universe.instruments()) == ()


def test_what_the_venue_tells_later_is_repaired_when_belief_expires_and_the_repair_is_undone(real_world: World):
    transport = Exchange()
    fetched(real_world, transport)
    market, ids = real_world.storage.market, [1, 2]
    before = market.candles(ids, Timeframe.M1, WINDOW), market.ledgers(ids, Timeframe.M1)
    real_world.clock.advance(timedelta(days=1))
    transport.is_mended = True
    workshop = real_world.workshop(exchange(real_world, transport))
    plan = plan_repair(workshop, GapSelection(end=WINDOW.end, reasons=("venue_outage",)))
    done = drive(workshop, repair(workshop, plan))
    assert outage(real_world) == []
    assert done.unexplained == 0
    assert real_world.storage.coverage.differences(real_world.storage.universe.instruments()) == ()

    undone = undo(workshop, done.repair_id)
    assert undone.removed == sum(outcome.upserted.inserted for outcome in done.outcomes) > 4000
    assert market.candles(ids, Timeframe.M1, WINDOW).equals(before[0])
    assert market.ledgers(ids, Timeframe.M1) == before[1]
    assert real_world.storage.coverage.differences(real_world.storage.universe.instruments()) == ()
