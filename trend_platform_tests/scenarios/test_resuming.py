"""Scenarios 1, 12 and 16: what is stored is neither asked again, nor lost, nor rewritten."""

from datetime import UTC, date, datetime, timedelta

import psycopg

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Upsert
from trend_platform_tests.world import World


def written_tuples(world: World) -> tuple[int, ...]:
    with psycopg.connect(world.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        row = connection.execute(
            "SELECT coalesce(sum(n_tup_ins), 0), coalesce(sum(n_tup_upd), 0), coalesce(sum(n_tup_del), 0), "
            "coalesce(sum(n_dead_tup), 0) FROM pg_stat_all_tables "
            "WHERE schemaname = '_timescaledb_internal' OR relname LIKE 'candles_%'"
        ).fetchone()
    assert row is not None
    return tuple(int(value) for value in row)


def test_only_the_older_years_are_fetched_when_the_newer_ones_are_stored(world: World):
    world.add("AAPL")
    world.backfill(Range.Y1, "AAPL")
    newer = world.candles("AAPL")
    outcome = world.backfill(Range.Y5, "AAPL")
    older = get_calendar("XNYS").candle_opens(Timeframe.D1, days(date(2021, 3, 5), date(2025, 3, 4)))
    assert outcome.received == len(older)
    assert world.candles("AAPL").tail(newer.height).equals(newer)
    assert (outcome.unexplained_missing, len(world.stored_days("AAPL"))) == (0, len(older) + newer.height)


def test_a_second_run_asks_nothing_and_writes_nothing(world: World):
    world.add("AAPL", "BTC-USD")
    world.clock.instant = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    world.backfill(Range.Y1, as_of=date(2026, 3, 4))
    before = written_tuples(world)
    outcome = world.backfill(Range.Y1, as_of=date(2026, 3, 4))
    assert (outcome.calls, outcome.received, outcome.upserted) == ({}, 0, Upsert())
    assert written_tuples(world) == before


def test_a_refresh_that_changes_nothing_leaves_fetched_at_and_the_tuples_alone(world: World):
    world.add("AAPL")
    world.backfill(Range.Y1, "AAPL", as_of=date(2026, 3, 3))
    stored, before = world.candles("AAPL"), written_tuples(world)
    world.clock.advance(timedelta(hours=3))
    outcome = world.backfill(Range.Y1, "AAPL", as_of=date(2026, 3, 3), refresh=True)
    assert outcome.upserted == Upsert(unchanged=stored.height)
    assert world.candles("AAPL").equals(stored)
    assert written_tuples(world) == before


def test_an_old_year_is_backfilled_while_the_series_grows_at_its_end(world: World):
    world.add("BTC-USD")
    world.backfill(Range.M1, "BTC-USD")
    world.clock.advance(timedelta(days=2))
    world.backfill(Range.D7, "BTC-USD")
    world.backfill(Range.Y3, "BTC-USD", as_of=date(2026, 2, 10))
    world.clock.advance(timedelta(days=1))
    world.backfill(Range.D7, "BTC-USD")
    stored = world.stored_days("BTC-USD")
    assert stored == [stored[0] + timedelta(days=at) for at in range(len(stored))]
    assert (stored[0], stored[-1]) == (date(2023, 2, 11), date(2026, 3, 7))


def test_the_forming_candle_is_asked_again_until_it_is_final_and_then_never(world: World):
    world.add("BTC-USD")
    world.backfill(Range.D7, "BTC-USD")
    forming = world.candles("BTC-USD").row(-1, named=True)
    world.clock.advance(timedelta(hours=6))
    outcome = world.backfill(Range.D7, "BTC-USD", as_of=date(2026, 3, 4))
    final = world.candles("BTC-USD").row(-1, named=True)
    assert (forming["is_final"], final["is_final"], outcome.received) == (False, True, 1)
    assert outcome.upserted == Upsert(completed=1)
    assert world.backfill(Range.D7, "BTC-USD", as_of=date(2026, 3, 4)).received == 0
