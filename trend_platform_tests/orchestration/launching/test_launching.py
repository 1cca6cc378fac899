"""Lane runs on real processes: at once, one at a time, ended honestly whatever is killed."""

from collections.abc import Iterator

import pytest
from dagster import DagsterRunStatus
from dagster._core.launcher.base import WorkerStatus

from trend_platform.local import ports, waiting
from trend_platform.orchestration.launching.lanes import Lane
from trend_platform.orchestration.launching.line import NotTaken
from trend_platform_tests import services
from trend_platform_tests.orchestration.launching.stage import SENSOR, Stage, staged
from trend_platform_tests.services import Services

SUCCESS, FAILURE, CANCELED = DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED
STARTED, QUEUED = DagsterRunStatus.STARTED, DagsterRunStatus.QUEUED
BY_HAND: dict[str, str] = {}


@pytest.fixture(scope="module")
def stage(test_services: Services, worker_number: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = services.create_database(test_services, f"lanes_{worker_number}")
    with pytest.MonkeyPatch.context() as patch, staged(tmp_path_factory.mktemp("home"), url, patch.setenv) as found:
        yield found


@pytest.fixture(autouse=True)
def warm(stage: Stage) -> None:
    stage.supervise()


def test_a_sensors_run_starts_at_once_past_the_queue(stage: Stage) -> None:
    run = stage.submit("quick")
    assert stage.await_status(run, SUCCESS) < 3
    assert "PIPELINE_ENQUEUED" not in stage.events(run)
    assert "ASSET_MATERIALIZATION" in stage.events(run)
    assert not list((stage.folder / "storage").glob(run.run_id))


def test_a_run_by_hand_waits_in_the_queue_and_ends_on_the_same_worker(stage: Stage) -> None:
    before = stage.lane()["runs"]
    run = stage.submit("quick", BY_HAND)
    assert run.status is QUEUED
    stage.dequeue()
    stage.await_status(run, SUCCESS)
    stage.await_lane("idle")
    assert stage.lane()["runs"] != before


def test_the_second_run_of_a_lane_waits_and_the_other_lane_does_not(stage: Stage) -> None:
    first, second, hourly = stage.submit("short"), stage.submit("quick"), stage.submit("quick", lane=Lane.HOURLY)
    assert second.status is QUEUED
    stage.await_status(hourly, SUCCESS)
    stage.dequeue()
    assert stage.status(second) is QUEUED
    stage.await_status(first, SUCCESS)
    stage.dequeue()
    stage.await_status(second, SUCCESS)


def test_a_run_that_finds_its_worker_busy_goes_back_to_the_queue(stage: Stage) -> None:
    first = stage.submit("short")
    second = stage.create("quick", BY_HAND)
    stage.instance.launch_run(second.run_id, stage.workspaces.create_request_context())
    assert stage.status(second) is QUEUED
    stage.await_status(first, SUCCESS)
    stage.dequeue()
    stage.await_status(second, SUCCESS)


def test_a_killed_workers_run_fails_at_once_and_the_next_one_runs(stage: Stage) -> None:
    run = stage.submit("endless")
    stage.await_status(run, STARTED)
    for worker in stage.workers():
        worker.kill()
    assert stage.await_status(run, FAILURE) < 5
    assert any("killed by SIGKILL" in message for message in stage.messages(run))
    stage.await_status(stage.submit("quick"), SUCCESS)


def test_a_run_is_terminated_from_outside_and_its_worker_lives_on(stage: Stage) -> None:
    run = stage.submit("endless")
    stage.await_status(run, STARTED)
    workers = {worker.pid for worker in stage.workers()}
    assert stage.instance.run_coordinator.cancel_run(run.run_id)
    assert stage.await_status(run, CANCELED) < 5
    stage.await_lane("idle")
    assert {worker.pid for worker in stage.workers()} == workers


def test_a_run_above_its_time_is_ended(stage: Stage) -> None:
    run = stage.submit("endless", {**SENSOR, "dagster/max_runtime": "1"})
    assert stage.await_status(run, FAILURE) < 6


def test_a_worker_retires_after_its_share_of_runs(stage: Stage) -> None:
    first = {worker.pid for worker in stage.workers()}
    for _ in range(4):
        stage.await_status(stage.submit("quick"), SUCCESS)
        waiting.until(lambda: True if stage.lane()["run_id"] == "" else None, 5)
    assert waiting.until(lambda: True if {worker.pid for worker in stage.workers()} != first else None, 10)


def test_run_monitoring_hears_who_still_has_a_worker(stage: Stage) -> None:
    launcher = stage.instance.run_launcher
    run = stage.submit("short")
    stage.await_status(run, STARTED)
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    stage.await_status(run, SUCCESS)
    stage.await_lane("idle")
    assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND


def test_only_waiting_runs_of_this_instance_and_lane_are_taken(stage: Stage) -> None:
    done = stage.submit("quick")
    stage.await_status(done, SUCCESS)
    stage.await_lane("idle")
    waiting_run = stage.create("quick", SENSOR)
    unknown = "00000000-0000-4000-8000-000000000000"
    for lane, run_id, why in (
        (Lane.MINUTE, unknown, "no run"),
        (Lane.MINUTE, done.run_id, "is SUCCESS"),
        (Lane.MINUTE, waiting_run.run_id, "is NOT_STARTED"),
        (Lane.HOURLY, done.run_id, "not of lane hourly"),
        (Lane.MINUTE, "x; DROP TABLE runs", "expected: run LANE ID"),
    ):
        with pytest.raises(NotTaken, match=why):
            stage.line.hand_over(lane, run_id)


def test_an_ordinary_run_is_left_to_its_code_server(stage: Stage) -> None:
    run = stage.submit("quick", BY_HAND, lane=None)
    assert run.status is QUEUED
    stage.dequeue()
    stage.await_status(run, SUCCESS)
    assert any("Started process for run" in message for message in stage.messages(run))


def test_sigterm_lets_the_run_under_way_finish(stage: Stage) -> None:
    run = stage.submit("short")
    stage.await_status(run, STARTED)
    supervisor = stage.supervise_no_more()
    assert stage.status(run) is SUCCESS
    assert supervisor == 0


def test_without_warm_workers_the_code_server_runs_it_and_the_run_says_so(stage: Stage) -> None:
    stage.supervise_no_more()
    run = stage.submit("quick")
    stage.await_status(run, SUCCESS)
    assert any("Launched by the code server instead" in message for message in stage.messages(run))


def test_a_killed_supervisor_takes_no_run_along_and_leaves_its_port_free(stage: Stage) -> None:
    run = stage.submit("short")
    stage.await_status(run, STARTED)
    workers = stage.workers()
    assert stage.supervisor is not None
    stage.supervisor.kill()
    stage.supervisor.wait(10)
    assert not ports.is_served(stage.runs_port)
    assert stage.status(run) is STARTED
    stage.await_status(run, SUCCESS)
    assert waiting.until(lambda: None if any(worker.is_running() for worker in workers) else True, 10)
