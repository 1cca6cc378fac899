"""A provider changes what it said, on a real database: old values are kept, what was known stays readable, people are told."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_read import Question, read
from trend_platform.ingest.explain import explain
from trend_platform.ingest.restate import Restatement, restate
from trend_platform.ingest.troubles import market_troubles
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings, RestateSettings
from trend_platform_tests.servers.polygon_book import PolygonBook, read_candles
from trend_platform_tests.world import ALL_TIME, World

FIRST = """symbol,opened_at,open,high,low,close,volume
AAPL,2026-02-27,12,14,11,13,1200
AAPL,2026-03-02,13,15,12,14,1300
AAPL,2026-03-03,14,16,13,15,1400
AAPL,2026-03-04,15,17,14,16,1500
"""
POLICY = RestateSettings(alert_share=0.2, alert_candles=1)


class Told(httpx.AsyncBaseTransport):
    """Polygon's API; what it says may change."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "book.csv"
        self.file.write_text(FIRST)

    def correct(self, before: str, after: str) -> None:
        assert before in self.file.read_text()
        self.file.write_text(self.file.read_text().replace(before, after))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        book = PolygonBook(read_candles(self.file))
        reply = book.reply(request.url.raw_path.decode(), request.headers.get("authorization", ""))
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": "application/json"})


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def polygon(world: World, told: Told) -> Provider:
    settings = ProvidersSettings(polygon=PolygonSettings(api_key=SecretStr("k"), rate_per_minute=60_000))
    return open_provider("polygon", settings, world.clock, transport=told)


def a_night_later(world: World, told: Told) -> Restatement:
    world.clock.advance(timedelta(hours=12))
    workshop = world.workshop(polygon(world, told))
    return drive(workshop, restate(workshop, POLICY, workshop.select(()), [Timeframe.D1, Timeframe.M1]))


def closes(workshop: Workshop, at: datetime | None = None) -> list[float]:
    one = workshop.select(["AAPL"])[0]
    return read(workshop, Question(one, Timeframe.D1, ALL_TIME, known_at=at)).candles["close"].to_list()


def test_two_corrections_of_one_candle_leave_three_answers_to_what_was_known_when(
    real_world: World, told: Told
) -> None:
    world = real_world
    world.add("AAPL")
    world.backfill(Range.D7, "AAPL", as_of=date(2026, 3, 4), providers=(polygon(world, told),))
    known = [(world.clock.now(), [13.0, 14.0, 15.0, 16.0])]
    for after, expected in (("15.5,1400", 15.5), ("15.25,1400", 15.25)):
        told.correct(f"{known[-1][1][2]:g},1400", after)
        (answer,) = a_night_later(world, told).answers
        # The last day had not settled: it is no restatement, and every run asks for it anyway.
        assert (answer.compared, answer.repriced, answer.symbols) == (3, 1, ("AAPL",))
        known.append((world.clock.now(), [13.0, 14.0, expected, 16.0]))
    workshop = world.workshop(polygon(world, told))
    assert closes(workshop) == known[-1][1]
    for at, then in known:
        assert closes(workshop, at) == then
    for (_, then), (later, _) in pairwise(known):
        assert closes(workshop, later - timedelta(microseconds=1)) == then
    assert closes(workshop, known[0][0] - timedelta(seconds=1)) == []
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime.fromisoformat("2026-03-03T00:00Z"))
    assert found.revisions["close"].to_list() == [15.0, 15.5]
    assert [one.kind for one in world.storage.runs.of(found.revisions["run_id"].to_list())] == ["restate", "restate"]


def test_people_are_told_when_more_changes_than_usual_and_no_longer_when_it_does_not(
    real_world: World, told: Told
) -> None:
    world = real_world
    world.add("AAPL")
    world.backfill(Range.D7, "AAPL", as_of=date(2026, 3, 4), providers=(polygon(world, told),))
    told.correct("14,1300", "14.5,1300")
    assert a_night_later(world, told).answers[0].is_alarming
    assert "restated:polygon:1d" in {one.key for one in market_troubles(world.workshop())}
    assert not a_night_later(world, told).answers[0].is_alarming
    assert "restated:polygon:1d" not in {one.key for one in market_troubles(world.workshop())}


def test_a_night_in_which_nothing_changed_writes_no_candle(real_world: World, told: Told) -> None:
    world = real_world
    world.add("AAPL")
    world.backfill(Range.D7, "AAPL", as_of=date(2026, 3, 4), providers=(polygon(world, told),))
    before = world.candles("AAPL")
    (answer,) = a_night_later(world, told).answers
    assert (answer.compared, answer.changed) == (3, 0)
    assert world.candles("AAPL").equals(before), "fetched_at included"
