"""Scenarios 6, 8 and 11: no false gap on the calendar's odd days; bad rows are set aside and cost nobody else."""

from datetime import date

import pytest

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.quality import METRIC, measure_quality
from trend_platform.ingest.quarantine import drop, release
from trend_platform.settings import FaultSettings
from trend_platform.storage.quarantine import Chosen
from trend_platform.storage.timescale.check import check_ledger
from trend_platform_tests.world import World

ODD_DAYS = [
    ("holiday and half day of Thanksgiving", date(2025, 11, 28), {date(2025, 11, 27)}),
    ("daylight saving time begins", date(2025, 3, 10), set()),
    ("daylight saving time ends", date(2025, 11, 3), set()),
    ("a day of mourning", date(2025, 1, 10), {date(2025, 1, 9)}),
]


@pytest.mark.parametrize(("what", "as_of", "closed"), ODD_DAYS, ids=[odd[0] for odd in ODD_DAYS])
def test_the_calendars_odd_days_are_no_gaps(world: World, what: str, as_of: date, closed: set[date]):
    world.add("AAPL", "BTC-USD")
    outcome = world.backfill(Range.M1, as_of=as_of)
    assert (outcome.unexplained_missing, outcome.explained_missing, outcome.rejected) == (0, 0, 0)
    assert not closed & set(world.stored_days("AAPL"))
    assert closed <= set(world.stored_days("BTC-USD"))


def test_a_missing_session_is_a_gap_and_a_holiday_beside_it_is_not(world: World):
    world.add("AAPL")
    hole = FaultSettings(kind="hole", symbol="AAPL", start="2025-11-26", end="2025-11-29")
    outcome = world.backfill(Range.M1, as_of=date(2025, 12, 5), providers=(world.simulated(hole),))
    (gap,) = outcome.accounts[0].gaps
    assert (gap.missing, gap.reason) == (2, GapReason.UNKNOWN)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("unit_100x", "unit_100x"),
        ("close_above_high", "close_outside"),
        ("flat_with_volume", "flat_with_volume"),
        ("shifted_stamps", "off_calendar"),
    ],
)
def test_a_planted_fault_is_set_aside_with_its_rule_and_leaves_a_named_hole(world: World, kind: str, rule: str):
    world.add("AAPL", "MSFT")
    fault = FaultSettings(kind=kind, symbol="AAPL", start="2026-01-13", end="2026-01-16")
    outcome = world.backfill(Range.Y1, as_of=date(2026, 2, 27), providers=(world.simulated(fault),))
    aside = world.quarantined("AAPL")
    assert set(aside["rule"]) == {rule}
    assert outcome.rejected == aside.height >= 2
    assert outcome.unexplained_missing >= 2
    assert world.quarantined("MSFT").height == 0
    healed = world.backfill(Range.Y1, as_of=date(2026, 2, 27), refresh=True)
    assert healed.unexplained_missing == 0


def test_a_row_set_aside_is_released_into_its_hole_or_dropped_and_neither_happens_twice(world: World):
    world.add("AAPL")
    fault = FaultSettings(kind="unit_100x", symbol="AAPL", start="2026-01-13", end="2026-01-15")
    world.backfill(Range.Y1, as_of=date(2026, 2, 27), providers=(world.simulated(fault),))
    first, second = world.storage.quarantine.rows(Chosen())["quarantine_id"]
    workshop = world.workshop()
    done = release(workshop, [first])
    drop(workshop, [second])
    assert (done.upserted.inserted, [gap.interval.start.day for gap in world.ledger("AAPL").gaps]) == (1, [14])
    before = world.candles("AAPL"), world.ledger("AAPL")
    assert (release(workshop, [first]).rows, drop(workshop, [second]).rows) == ((), ())
    assert (world.candles("AAPL").equals(before[0]), world.ledger("AAPL")) == (True, before[1])
    assert check_ledger(world.storage.database, [world.instrument("AAPL")], Timeframe.D1) == ()
    outcome = world.backfill(Range.Y1, as_of=date(2026, 2, 27), refresh=True)
    assert (outcome.upserted.inserted, outcome.upserted.corrected, outcome.unexplained_missing) == (1, 1, 0)


def test_scores_tell_the_days_on_which_rows_were_set_aside(world: World):
    world.add("AAPL", "MSFT")
    fault = FaultSettings(kind="unit_100x", symbol="AAPL", start="2026-01-13", end="2026-01-15")
    world.backfill(Range.Y1, as_of=date(2026, 2, 27), providers=(world.simulated(fault),))
    wanted = world.workshop().select(())
    found = measure_quality(world.workshop(), wanted, Timeframe.D1, date(2026, 1, 2), date(2026, 2, 27))
    assert [one.low for one in found] == [2, 0]
    release(world.workshop(), world.storage.quarantine.rows(Chosen())["quarantine_id"].to_list())
    again = measure_quality(world.workshop(), wanted, Timeframe.D1, date(2026, 1, 2), date(2026, 2, 27))
    ids = [one.instrument_id for one in wanted]
    kept = world.storage.metrics.of_days(METRIC, ids, Timeframe.D1, date(2026, 1, 2), date(2026, 2, 27))
    assert len(kept) == sum(one.scores.height for one in again)
    # What was released is believed, and is as surprising as it was: it lies a hundredfold above the day before.
    (surprise,) = {
        row.details["taken_off"]["surprise"] for row in kept if row.day == date(2026, 1, 13) and row.value < 100
    }
    assert surprise == 20.0


def test_another_symbols_candles_under_this_one_are_set_aside_and_the_other_symbol_keeps_its_own(world: World):
    world.add("AAPL", "SPY")
    world.backfill(Range.Y1, as_of=date(2026, 1, 12))
    fault = FaultSettings(kind="other_symbol", symbol="AAPL", other="SPY", start="2026-01-13", end="2026-02-28")
    outcome = world.backfill(Range.Y1, as_of=date(2026, 2, 27), providers=(world.simulated(fault),))
    assert set(world.quarantined("AAPL")["rule"]) <= {"other_symbol", "unexplained_jump"}
    assert outcome.rejected == world.quarantined("AAPL").height == 32
    assert world.stored_days("AAPL")[-1] == date(2026, 1, 12)
    assert world.stored_days("SPY")[-1] == date(2026, 2, 27)
    assert {one.symbol: one.unexplained for one in outcome.accounts} == {"AAPL": 32, "SPY": 0}


def test_one_duplicate_and_one_bad_row_cost_nobody_else(world: World):
    world.add("BTC-USD")
    faults = (
        FaultSettings(kind="duplicate_row", symbol="BTC-USD", start="2024-05-05", end="2024-05-06"),
        FaultSettings(kind="close_above_high", symbol="BTC-USD", start="2024-07-07", end="2024-07-08"),
    )
    outcome = world.backfill(Range.Y5, as_of=date(2026, 2, 27), providers=(world.simulated(*faults),))
    total = outcome.expected + 1
    assert (outcome.received, outcome.upserted.inserted) == (total, total - 2)
    assert (outcome.upserted.unchanged, outcome.rejected) == (1, 1)
