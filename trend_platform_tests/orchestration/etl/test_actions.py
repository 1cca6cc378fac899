"""Corporate actions in real Dagster runs over a store in memory: the asset, its checks, its schedule, the sensor of new splits."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
import pytest

from trend_platform.domain.actions import ACTION_SCHEMA, empty_actions
from trend_platform.domain.ranges import Range
from trend_platform.errors import UsageError
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.actions.config import ActionsConfig
from trend_platform.orchestration.etl.actions.schedules import corporate_actions_schedule
from trend_platform.orchestration.etl.actions.sensors import new_split_sensor
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform_tests.orchestration.workshops import MemoryWorkshops, Ran

DAY = date(2026, 11, 16)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    made = MemoryWorkshops()
    made.activate("AAPL", "SPY", "BTC-USD")
    return made


def launch(workshops: MemoryWorkshops, instance: dg.DagsterInstance, job: str) -> Ran:
    resolved = build_defs({"workshops": workshops}).resolve_job_def(job)
    return Ran(instance, resolved.execute_in_process(instance=instance, raise_on_error=False))


def tell_false_split(workshops: MemoryWorkshops) -> None:
    """Keep a split that no price shows."""
    row = (1, "split", DAY, 4.0, None, None, "", "one", None)
    workshops.storage.actions.record(pl.DataFrame([row], schema=ACTION_SCHEMA, orient="row"), empty_actions())
    with workshops.open() as workshop:
        drive(workshop, run(workshop, wanted_of(workshop, [Range.M1], ["AAPL"], None)))


def test_the_asset_keeps_splits_and_says_what_is_new(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    ran = launch(workshops, instance, "refresh_corporate_actions")
    assert ran.result.success
    page = ran.materializations("corporate_actions")[None]
    known = workshops.storage.actions.of([1, 2, 3])
    assert (page["shares"].value, page["new or changed"].value) == (2, known.height)
    assert known.height > 0
    assert "actions of 2 shares are new or changed" in str(page["verdict"].value)
    assert page["docs"].value == "docs/concepts/adjustments.md"
    assert ran.check("actions_are_agreed").passed
    assert ran.check("splits_are_seen").passed


def test_a_split_that_prices_contradict_is_looked_at_and_fails_the_check(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    tell_false_split(workshops)
    with dg.build_sensor_context(resources={"workshops": workshops}) as context:
        request = new_split_sensor(context)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "splits:2026-11-20:AAPL:2026-11-16:4"
    assert launch(workshops, instance, "check_new_splits").result.success
    ran = launch(workshops, instance, "refresh_corporate_actions")
    check = ran.check("splits_are_seen")
    assert (check.passed, check.description) == (False, "prices contradict AAPL:2026-11-16")
    with dg.build_sensor_context(resources={"workshops": workshops}) as context:
        again = new_split_sensor(context)
    assert isinstance(again, dg.RunRequest)
    assert again.run_key == request.run_key, "Dagster launches one run for a key, so it is looked at once a day"


def test_without_new_splits_the_sensor_skips(workshops: MemoryWorkshops) -> None:
    with dg.build_sensor_context(resources={"workshops": workshops}) as context:
        skip = new_split_sensor(context)
    assert isinstance(skip, dg.SkipReason)
    assert skip.skip_message == "no split of the last weeks is left to be checked"


def test_a_database_that_is_away_is_a_skip(workshops: MemoryWorkshops) -> None:
    workshops.away = 1
    with dg.build_sensor_context(resources={"workshops": workshops}) as context:
        skip = new_split_sensor(context)
    assert isinstance(skip, dg.SkipReason)
    assert "tried again in ten minutes" in str(skip.skip_message)


@pytest.mark.parametrize(("at", "history"), [("2026-11-20T12:15", False), ("2026-11-22T12:15", True)])
def test_on_sundays_the_history_of_new_shares_is_asked_as_well(at: str, history: bool) -> None:
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    request = corporate_actions_schedule(dg.build_schedule_context(scheduled_execution_time=when))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"corporate_actions:{when:%Y-%m-%d}"
    assert request.run_config == {"ops": {"corporate_actions": {"config": {"history": history}}}}


def test_a_first_day_is_read_and_one_in_the_future_refused() -> None:
    today = date(2026, 11, 20)
    assert ActionsConfig().first_day(today) is None
    assert ActionsConfig(since="2020-01-01").first_day(today) == date(2020, 1, 1)
    for since in ("yesterday", "2027-01-01"):
        with pytest.raises(UsageError, match="since"):
            ActionsConfig(since=since).first_day(today)
