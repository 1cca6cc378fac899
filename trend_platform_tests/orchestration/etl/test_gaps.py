"""The asset of gaps, its checks, and repairs, in real Dagster runs over a store in memory."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import dagster as dg
import pytest

from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.gaps.schedules import candle_gaps_schedule
from trend_platform.orchestration.etl.gaps.sensors import repair_gaps_sensor
from trend_platform.settings import FaultSettings, Settings
from trend_platform.settings.repair import RepairSettings
from trend_platform_tests.orchestration.workshops import MemoryWorkshops

HOLE = FaultSettings(kind="hole", symbol="BTC-USD", start="2026-10-10", end="2026-10-13")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def holey(**settings: object) -> MemoryWorkshops:
    workshops = MemoryWorkshops(faults=(HOLE,), chosen=Settings(**settings))
    workshops.activate("AAPL", "BTC-USD")
    with workshops.open() as workshop:
        drive(workshop, run(workshop, wanted_of(workshop, [Range.M3], (), None)))
    return workshops


def execute(workshops: MemoryWorkshops, instance: dg.DagsterInstance, job: str) -> dg.ExecuteInProcessResult:
    return build_defs({"workshops": workshops}).resolve_job_def(job).execute_in_process(instance=instance)


def test_what_is_missing_is_shown_and_a_check_warns(instance: dg.DagsterInstance):
    workshops = holey()
    result = execute(workshops, instance, "detect_gaps")
    (shown,) = result.asset_materializations_for_node("candle_gaps")
    assert shown.metadata["unexplained"].value == 3
    assert "3 are missing unexplained: BTC-USD" in shown.metadata["verdict"].value
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert (checks["gaps_are_explained"].passed, checks["gaps_are_explained"].severity) == (
        False,
        dg.AssetCheckSeverity.WARN,
    )
    assert checks["ledger_equals_rows"].passed
    with workshops.read() as workshop:
        (metric,) = workshop.storage.metrics.latest("coverage", 5)
    assert metric.timeframe is Timeframe.D1


def test_a_row_that_vanished_fails_the_proof(instance: dg.DagsterInstance):
    workshops = holey()
    with workshops.read() as workshop, workshop.storage.market.begin(1) as transaction:
        ledgers = transaction.ledgers([2], Timeframe.D1)
        emptied = {2: type(ledgers[2])(ledgers[2].spans)}
        transaction.replace_ledgers(Timeframe.D1, ledgers, emptied)
    checks = {one.check_name: one for one in execute(workshops, instance, "detect_gaps").get_asset_check_evaluations()}
    assert not checks["ledger_equals_rows"].passed
    assert "1 spans differ" in checks["ledger_equals_rows"].description


def test_a_repair_asks_for_what_is_due_and_says_how_to_undo_it(instance: dg.DagsterInstance):
    workshops = holey()
    workshops.clock.advance(timedelta(hours=13))
    workshops.faults = ()
    assert execute(workshops, instance, "repair_gaps").success
    with workshops.read() as workshop:
        (repair,) = workshop.storage.repairs.latest(5)
        stored = workshop.storage.market.count_candles(Timeframe.D1, {2: days(date(2026, 10, 10), date(2026, 10, 12))})
    assert (repair.inserted, stored) == (3, {2: 3})


def look(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, resources={"workshops": workshops})
    told = repair_gaps_sensor(context)
    assert isinstance(told, (dg.RunRequest, dg.SkipReason))
    return told


def test_the_sensor_launches_one_repair_an_hour_where_gaps_are_due(instance: dg.DagsterInstance):
    workshops = holey()
    assert look(workshops, instance) == dg.SkipReason("no gap is due")
    workshops.clock.advance(timedelta(hours=13))
    told = look(workshops, instance)
    assert isinstance(told, dg.RunRequest)
    assert told.run_key == f"repair_gaps:{workshops.clock.now():%Y-%m-%dT%H}"


def test_the_sensor_keeps_to_the_calls_of_the_day(instance: dg.DagsterInstance):
    workshops = holey(repair=RepairSettings(calls_per_day=0))
    workshops.clock.advance(timedelta(hours=13))
    told = look(workshops, instance)
    assert isinstance(told, dg.SkipReason)
    assert "1 gap is due, and the 0 calls of 2026-11-21 (UTC) are spent" in str(told.skip_message)


def test_the_sensor_can_be_switched_off(instance: dg.DagsterInstance):
    told = look(holey(repair=RepairSettings(enabled=False)), instance)
    assert isinstance(told, dg.SkipReason)
    assert "repair.enabled" in str(told.skip_message)


def test_an_empty_universe_and_a_lost_database_are_skips(instance: dg.DagsterInstance):
    assert look(MemoryWorkshops(), instance) == dg.SkipReason("the universe is empty: there is nothing to be missing")
    workshops = holey()
    workshops.away = 1
    assert "tried again in an hour" in str(look(workshops, instance).skip_message)


def test_everything_is_looked_through_once_a_night():
    context = dg.build_schedule_context(scheduled_execution_time=datetime.fromisoformat("2026-11-21T09:00:00+00:00"))
    told = candle_gaps_schedule(context)
    assert isinstance(told, dg.RunRequest)
    assert told.run_key == "detect_gaps:2026-11-21"
