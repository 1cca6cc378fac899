"""Scenario 13: A is down and B serves; the rows say so. A comes back: the policy decides about replacing, and it is told."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.domain.ranges import Range
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FilesSettings, PolygonSettings, ProvidersSettings, ReplacePolicy
from trend_platform_tests.servers.polygon_book import PolygonBook, read_candles
from trend_platform_tests.world import World

AS_OF = date(2026, 2, 27)
CANDLES = """symbol,date,open,high,low,close,volume
AAPL,2026-02-23,10,12,9,11,1000
AAPL,2026-02-24,11,13,10,12,1100
AAPL,2026-02-25,12,14,11,13,1200
AAPL,2026-02-26,13,15,12,14,1300
AAPL,2026-02-27,14,16,13,15,1400
"""


class Switch(httpx.AsyncBaseTransport):
    """Polygon's API, up or down."""

    def __init__(self, book: PolygonBook) -> None:
        self.book = book
        self.is_up = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.is_up:
            return httpx.Response(503, text="down")
        reply = self.book.reply(request.url.raw_path.decode(), request.headers.get("authorization", ""))
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": "application/json"})


@pytest.fixture
def own_files(tmp_path: Path) -> Path:
    path = tmp_path / "candles.csv"
    path.write_text(CANDLES)
    return path


@pytest.fixture
def polygon(own_files: Path, tmp_path: Path) -> Switch:
    renamed = tmp_path / "book.csv"
    renamed.write_text(own_files.read_text().replace("date,", "opened_at,", 1))
    return Switch(PolygonBook(read_candles(renamed)))


def both(world: World, switch: Switch, own_files: Path) -> tuple[Provider, Provider]:
    settings = ProvidersSettings(
        polygon=PolygonSettings(api_key=SecretStr("k"), rate_per_minute=60_000, max_attempts=2, max_wait_seconds=0.01),
        files=FilesSettings(path=own_files),
    )
    first = open_provider("polygon", settings, world.clock, transport=switch)
    return first, open_provider("files", settings, world.clock)


def providers_of_rows(world: World) -> set[str]:
    return set(world.candles("AAPL")["provider"])


def look(world: World, switch: Switch, own_files: Path):
    return world.backfill(Range.D7, "AAPL", as_of=AS_OF, providers=both(world, switch, own_files))


def test_when_the_first_provider_is_down_the_second_serves_and_the_rows_say_so(real_world, polygon, own_files):
    real_world.add("AAPL")
    polygon.is_up = False
    outcome = look(real_world, polygon, own_files)
    (failure,) = (one for one in outcome.failures if one.symbol == "AAPL")
    assert (failure.provider, failure.kind, failure.served_by) == ("polygon", "Transient", "files")
    assert (outcome.unexplained_missing, providers_of_rows(real_world)) == (0, {"files"})


def test_when_it_comes_back_stored_rows_are_kept_by_default(real_world, polygon, own_files):
    real_world.add("AAPL")
    polygon.is_up = False
    look(real_world, polygon, own_files)
    polygon.is_up = True
    outcome = look(real_world, polygon, own_files)
    assert (outcome.calls, outcome.replaced, providers_of_rows(real_world)) == ({}, {}, {"files"})


def test_when_the_policy_prefers_the_first_its_rows_replace_the_others_and_the_outcome_tells(
    real_world, polygon, own_files
):
    real_world.add("AAPL")
    polygon.is_up = False
    own_files.write_text(CANDLES.replace(",11,1000", ",11.5,1000"))
    look(real_world, polygon, own_files)
    polygon.is_up = True
    real_world.policy = replace(real_world.policy, replacing=ReplacePolicy.PREFER_FIRST)
    outcome = look(real_world, polygon, own_files)
    assert (outcome.replaced, outcome.upserted.corrected, outcome.upserted.unchanged) == ({"files": 5}, 1, 4)
    assert real_world.candles("AAPL")["close"].to_list() == [11, 12, 13, 14, 15]
    assert look(real_world, polygon, own_files).calls == {}
