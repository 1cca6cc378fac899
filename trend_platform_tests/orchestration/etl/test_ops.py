"""The nightly upkeep in real Dagster runs over a store in memory; Dagster's own tables are purged in `test_purge`."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import dagster as dg
import pytest

from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.ops import drop_old_rows, purge_metadata
from trend_platform.orchestration.purge import Purged
from trend_platform_tests.orchestration.realtime.clockwork import run_job, utc
from trend_platform_tests.orchestration.workshops import MemoryWorkshops


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    made = MemoryWorkshops()
    made.clock.instant = utc(11, 20, 16, 5)
    made.activate("AAPL")
    return made


def sweep(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> Mapping[str, dg.MetadataValue]:
    """Run the op that needs no Dagster database; return what it says of itself."""
    job = dg.GraphDefinition("sweep", node_defs=[drop_old_rows]).to_job(
        resource_defs={"workshops": dg.ResourceDefinition.hardcoded_resource(workshops)}
    )
    result = job.execute_in_process(instance=instance)
    (output,) = (event for event in result.all_events if event.is_successful_output)
    return output.step_output_data.metadata


def test_the_night_drops_old_quotes_and_keeps_the_newest(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    for _ in range(3):
        run_job(workshops, instance, "refresh_latest_prices")
        workshops.clock.advance(timedelta(minutes=1))
    workshops.clock.advance(timedelta(days=40))
    assert sweep(workshops, instance)["quotes older than 30 days"].value == 2
    swept = sweep(workshops, instance)
    assert swept["quotes older than 30 days"].value == 0
    assert (swept["news older than 365 days"].value, swept["social posts older than 30 days"].value) == (0, 0)


def test_a_candle_that_was_left_forming_is_completed_and_said(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    run_job(workshops, instance, "refresh_hourly_candles")
    workshops.clock.instant = utc(11, 21, 7, 0)
    shown = sweep(workshops, instance)
    assert shown["candles completed"].value == 1
    assert "nothing is unexplained" in str(shown["catch-up"].value)


def test_a_night_with_nothing_to_do_says_so(instance: dg.DagsterInstance) -> None:
    assert sweep(MemoryWorkshops(), instance)["catch-up"].value == "nothing was left forming"


def test_both_ops_run_whatever_becomes_of_the_other(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    # There is no Dagster database in memory, so the purge fails.
    job = build_defs({"workshops": workshops}).resolve_job_def("maintenance")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    steps = {
        event.step_key: event.is_step_success
        for event in result.all_events
        if event.is_step_success or event.is_step_failure
    }
    assert steps == {"purge_minute_runs": False, "drop_old_rows": True}


def test_what_was_purged_is_counted() -> None:
    shown = purge_metadata(Purged(runs=2880, events=40320, checks=2880), days=2)
    assert {name: value.value for name, value in shown.items()} == {
        "runs older than 2 days": 2880,
        "their events": 40320,
        "their checks": 2880,
    }
