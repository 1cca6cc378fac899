"""Scenario 7: a split becomes known a day late. The adjusted view is right on both sides at once; nothing stored was rewritten."""

from dataclasses import replace
from datetime import date, timedelta

import orjson
import psycopg

from trend_platform.domain.actions import Adjustment
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.actions import WantedActions, refresh_actions
from trend_platform.ingest.adjusting import read_adjusted
from trend_platform.ingest.read import Source, read_series
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform_tests.ingest.registrar import Registrar
from trend_platform_tests.world import ALL_TIME, World

DAY = date(2026, 2, 26)
AS_OF = date(2026, 2, 27)


def stored(world: World) -> list[tuple[object, ...]]:
    """Every candle with the transaction that wrote it, and every revision."""
    with psycopg.connect(world.database_url) as connection:
        candles = connection.execute("SELECT xmin::text, c.* FROM market.candles_daily c ORDER BY opened_at").fetchall()
        return [*candles, *connection.execute("SELECT * FROM market.candle_revisions").fetchall()]


def adjusted(workshop: Workshop, how: Adjustment = Adjustment.SPLIT) -> dict[date, float]:
    read = read_adjusted(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, ALL_TIME, how)
    days = read.found.candles["opened_at"].dt.date().to_list()
    return dict(zip(days, read.found.candles["close"].to_list(), strict=True))


def hot(workshop: Workshop) -> tuple[list[float], Source]:
    read = read_series(workshop, workshop.select(["AAPL"])[0], Range.M1)
    return [one["close"] for one in orjson.loads(read.value)["candles"]], read.source


def test_a_split_known_a_day_late_is_right_on_both_sides_at_once(real_world: World) -> None:
    world = real_world
    (aapl,) = world.add("AAPL")
    sells = Registrar("one", moved=(DAY, 2.0))
    world.backfill(Range.M1, providers=(sells,), as_of=AS_OF)
    workshop = world.workshop(sells)
    refresh_series(workshop, [aapl], [Range.M1])
    rows, before = stored(world), adjusted(workshop)
    assert max(before.values()) / min(before.values()) > 1.8, "nobody has told of the split yet"
    world.clock.advance(timedelta(days=1))

    told = replace(sells, split_rows=[(aapl.instrument_id, DAY, 2.0)])
    workshop = world.workshop(told)
    outcome = drive(workshop, refresh_actions(workshop, WantedActions([aapl])))

    assert outcome.added.height == 1
    after = adjusted(workshop)
    assert all(after[day] == close / 2 for day, close in before.items() if day < DAY)
    assert all(after[day] == close for day, close in before.items() if day >= DAY)
    assert adjusted(workshop, Adjustment.RAW) == before
    closes, source = hot(workshop)
    assert source is Source.CACHE
    assert closes == [close for day, close in after.items() if day >= date(2026, 2, 6)]
    assert stored(world) == rows
