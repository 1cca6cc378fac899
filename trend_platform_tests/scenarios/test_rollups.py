"""Scenarios 12, 19 and 20 for roll-ups: right after a late backfill, exactly the touched windows, nothing lost on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import polars as pl
import psycopg
import pytest

from trend_platform.domain.actions import split_adjusted
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.ranges import Range
from trend_platform.domain.rollup import Setting, coarser, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.rollup import RollupOutcome, refresh_rollups
from trend_platform.ingest.run import run
from trend_platform.ingest.upkeep import upkeep
from trend_platform.ingest.workshop import drive
from trend_platform.settings import FaultSettings, RetentionSettings
from trend_platform.storage.rollups import Restored
from trend_platform_tests.world import ALL_TIME, NOW, World

M1, H1, D1, W1, MO1 = Timeframe.M1, Timeframe.H1, Timeframe.D1, Timeframe.W1, Timeframe.MO1
OF_2019 = days(date(2019, 5, 1), date(2019, 5, 9))


def fetch(
    world: World, instrument: Instrument, window: Interval, *faults: FaultSettings, refresh: bool = False
) -> None:
    workshop = world.workshop(world.simulated(*faults))
    one = {instrument.instrument_id: window}
    wanted = Wanted((instrument,), M1, (), NOW.date(), refresh=refresh, windows=one)
    assert drive(workshop, run(workshop, wanted)).adds_up


def roll(world: World) -> RollupOutcome:
    return refresh_rollups(world.workshop())


def rolled(world: World, instrument: Instrument, timeframe: Timeframe, interval: Interval = ALL_TIME) -> pl.DataFrame:
    return world.storage.rollups.candles([instrument.instrument_id], timeframe, interval)


def made_anew(world: World, instrument: Instrument) -> dict[Timeframe, pl.DataFrame]:
    """What the stored minutes add up to, made in one go."""
    minutes = world.storage.market.candles([instrument.instrument_id], M1, ALL_TIME)
    known = Setting(get_calendar(instrument.calendar), world.clock.now(), instrument.lifetime)
    return {target: one.candles for target, one in roll_up(minutes, coarser(M1), known).items()}


def assert_rolled_up(world: World, instrument: Instrument) -> None:
    for target, expected in made_anew(world, instrument).items():
        assert rolled(world, instrument, target).equals(expected), target


@pytest.mark.parametrize("symbol", ["BTC-USD", "AAPL"])
def test_2019_is_backfilled_while_live_candles_are_appended(world: World, symbol: str) -> None:
    (instrument,) = world.add(symbol)
    live = [Interval(start, start + timedelta(hours=12)) for start in _steps(datetime(2026, 3, 2, tzinfo=UTC), 4)]
    with ThreadPoolExecutor(max_workers=3) as helpers:
        backfill = helpers.submit(fetch, world, instrument, OF_2019)
        append = helpers.submit(lambda: [fetch(world, instrument, window) for window in live])
        rolling = helpers.submit(lambda: [roll(world) for _ in range(6)])
        for work in (backfill, append, rolling):
            work.result()
    roll(world)
    assert world.storage.rollups.touched() == {}
    assert_rolled_up(world, instrument)
    weeks = rolled(world, instrument, W1)
    assert weeks["opened_at"].dt.year().unique().sort().to_list() == [2019, 2026]
    hours = rolled(world, instrument, H1, OF_2019)
    assert hours["is_complete"].all()


def test_a_correction_refreshes_exactly_what_it_touches(world: World) -> None:
    (instrument,) = world.add("BTC-USD")
    hole = FaultSettings(kind="hole", symbol="BTC-USD", start="2019-05-03", end="2019-05-04")
    fetch(world, instrument, OF_2019, hole)
    fetch(world, instrument, days(date(2026, 2, 1), date(2026, 2, 3)))
    roll(world)
    before = {target: _versions(world, target) for target in coarser(M1)}
    fetch(world, instrument, OF_2019, refresh=True)
    outcome = roll(world)
    assert outcome.restored[D1].written == 1
    assert outcome.restored[H1].written == 24
    assert (outcome.restored[W1].written, outcome.restored[MO1].written) == (1, 1)
    assert_rolled_up(world, instrument)
    # Rows that were not touched are the very rows that were there: no statement has rewritten them.
    for target in coarser(M1):
        after = _versions(world, target)
        assert len(set(after.items()) & set(before[target].items())) == len(after) - outcome.restored[target].written
    assert roll(world).total == Restored()


def test_upkeep_deletes_nothing_that_a_roll_up_still_refreshes_from(world: World) -> None:
    (instrument,) = world.add("BTC-USD")
    fetch(world, instrument, OF_2019)
    tightest = dict.fromkeys(RetentionSettings.model_fields, 1)
    world.clock.instant = NOW + timedelta(days=400)
    drive(world.workshop(), upkeep(world.workshop(), RetentionSettings(**tightest)))
    assert list(world.storage.rollups.touched()) == [instrument.instrument_id]
    roll(world)
    assert_rolled_up(world, instrument)
    assert rolled(world, instrument, D1)["is_complete"].all()


def test_a_roll_up_that_dies_is_completed_by_the_next_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.add("BTC-USD", "AAPL")
    for instrument in (first, second):
        fetch(world, instrument, OF_2019)
    seen: list[str] = []

    def die(_done: int, _total: int, symbol: str) -> None:
        seen.append(symbol)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        refresh_rollups(world.workshop(), on_rolled=die)
    assert len(world.storage.rollups.touched()) == 1
    roll(world)
    for instrument in (first, second):
        assert_rolled_up(world, instrument)


def test_weeks_and_months_follow_days_and_stay_right_over_a_split(world: World) -> None:
    world.add("AAPL", "BTC-USD")
    world.backfill(Range.MAX)
    roll(world)
    for symbol in ("AAPL", "BTC-USD"):
        one = world.instrument(symbol)
        stored = world.candles(symbol)
        splits = world.storage.market.splits([one.instrument_id])
        known = Setting(get_calendar(one.calendar), world.clock.now(), one.lifetime)
        months = rolled(world, one, MO1)
        assert months["parts"].sum() == stored.height
        # The month of the listing lacks days that never were; the last one is not over.
        assert months["is_complete"].to_list() == [True] * (months.height - 1) + [False]
        days_first = roll_up(split_adjusted(stored, splits), [MO1], known)[MO1].candles
        adjusted = split_adjusted(months, splits)
        for name in ("open", "high", "low", "close", "volume"):
            assert ((adjusted[name] / days_first[name] - 1).abs() < 1e-9).all(), (symbol, name)
    assert world.storage.market.splits([world.instrument("AAPL").instrument_id]).height > 0


def _steps(first: datetime, count: int) -> list[datetime]:
    return [first + nth * timedelta(hours=12) for nth in range(count)]


def _versions(world: World, timeframe: Timeframe) -> dict[datetime, str]:
    # The transaction that wrote each row.
    table = "rolled_intraday" if timeframe.is_intraday else "rolled_daily"
    with psycopg.connect(world.database_url) as connection:
        found = connection.execute(
            f"SELECT opened_at, xmin::text FROM market.{table} WHERE timeframe = %s",  # noqa: S608  one of two names
            [timeframe.value],
        )
        return dict(found.fetchall())
