"""When the models are built: after runs that brought history and ended well, and after no others."""

import dagster as dg
import pytest

from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES, INSTRUMENTS
from trend_platform.orchestration.etl.models.sensors import brought_history, models_sensor


def run_of(job: str, *assets: dg.AssetKey) -> dg.DagsterRun:
    return dg.DagsterRun(job_name=job, run_id="r1", asset_selection=frozenset(assets) or None)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (run_of("daily_history"), True),
        (run_of("weekly_history"), True),
        (run_of("__ASSET_JOB", HISTORICAL_CANDLES), True),
        (run_of("__ASSET_JOB", INSTRUMENTS), False),
        (run_of("refresh_models"), False),
        (run_of("maintenance"), False),
    ],
)
def test_history_is_what_the_jobs_or_a_selection_of_it_bring(run: dg.DagsterRun, expected: bool) -> None:
    assert brought_history(run) is expected


def test_a_run_that_ended_well_launches_the_models_once() -> None:
    event = dg.DagsterEvent(event_type_value="PIPELINE_SUCCESS", job_name="daily_history")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_run_status_sensor_context(
            sensor_name="models_sensor", dagster_event=event, dagster_instance=instance, dagster_run=run_of("daily_history")
        )  # fmt: skip
        request = models_sensor(context)
    assert isinstance(request, dg.RunRequest)
    assert (request.run_key, request.tags["trend/after"]) == ("models:r1", "r1")


def test_it_runs_by_itself_and_looks_at_runs_that_ended_well() -> None:
    sensor = build_defs().get_repository_def().get_sensor_def("models_sensor")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert [job.name for job in sensor.jobs] == ["refresh_models"]
