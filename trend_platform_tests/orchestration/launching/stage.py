"""A small Dagster of real processes: an instance in PostgreSQL, a code server, and the warm workers' supervisor."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import psutil
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.definitions.selector import JobSubsetSelector
from dagster._core.instance.ref import InstanceRef
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon

from trend_platform.local import ports, waiting
from trend_platform.orchestration.launching.lanes import Lane, lane_tags
from trend_platform.orchestration.launching.line import WorkerLine
from trend_platform_tests.services import CHECKOUT

MODULE = "lane_definitions"
SENSOR = {"dagster/sensor_name": "tick"}
_LIMIT_SECONDS = 30
_DEFINITIONS = """
    import time

    import dagster as dg

    @dg.asset
    def quick() -> None: ...

    @dg.asset
    def short() -> None:
        time.sleep(1.5)

    @dg.asset
    def endless() -> None:
        time.sleep(600)

    defs = dg.Definitions(
        assets=[quick, short, endless],
        jobs=[dg.define_asset_job(f"{each.key.path[0]}_job", selection=[each]) for each in (quick, short, endless)],
        executor=dg.in_process_executor,
    )
"""


@dataclass
class Stage:
    """The parts, and what tests do with them."""

    folder: Path
    code_port: int
    runs_port: int
    environment: Mapping[str, str]
    instance: DagsterInstance
    workspaces: WorkspaceProcessContext
    supervisor: subprocess.Popen[bytes] | None = None
    _dequeuer: QueuedRunCoordinatorDaemon = field(default_factory=lambda: QueuedRunCoordinatorDaemon(1))

    @property
    def line(self) -> WorkerLine:
        return WorkerLine("127.0.0.1", self.runs_port)

    def supervise(self) -> subprocess.Popen[bytes]:
        """Have the supervisor running, with its workers idle."""
        if self.supervisor is None or self.supervisor.poll() is not None:
            arguments = ["--port", str(self.runs_port), "--module", MODULE, "--dagster-home", str(self.folder)]
            module = "trend_platform.orchestration.launching.server"
            self.supervisor = self.start("-m", module, *arguments, "--runs-per-worker", "4")
        self.await_lane("idle")
        return self.supervisor

    def supervise_no_more(self) -> int:
        """Ask the supervisor to end, and return its exit code."""
        assert self.supervisor is not None
        self.supervisor.send_signal(signal.SIGTERM)
        return self.supervisor.wait(_LIMIT_SECONDS)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *arguments], env=self.environment, stdout=log, stderr=log)

    def await_lane(self, state: str) -> None:
        def is_there() -> bool | None:
            return True if ports.is_served(self.runs_port) and self.lane()["state"] == state else None

        assert waiting.until(is_there, _LIMIT_SECONDS), (self.folder / "log").read_text()[-3000:]

    def lane(self, lane: Lane = Lane.MINUTE) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.line.state())["lanes"][lane]
        return found

    def workers(self) -> list[psutil.Process]:
        assert self.supervisor is not None
        return psutil.Process(self.supervisor.pid).children()

    def create(self, job: str, tags: Mapping[str, str], lane: Lane | None = Lane.MINUTE) -> DagsterRun:
        location = self.workspaces.create_request_context().get_code_location("lanes")
        selector = JobSubsetSelector(
            location_name="lanes", repository_name="__repository__", job_name=f"{job}_job", op_selection=None
        )
        remote = location.get_job(selector)
        plan = location.get_execution_plan(remote, {}, None, None, self.instance)
        return self.instance.create_run(
            job_name=remote.name,
            run_id=None,
            run_config={},
            resolved_op_selection=None,
            step_keys_to_execute=None,
            status=DagsterRunStatus.NOT_STARTED,
            op_selection=None,
            root_run_id=None,
            parent_run_id=None,
            tags={**(lane_tags(lane) if lane else {}), **tags},
            job_snapshot=remote.job_snapshot,
            execution_plan_snapshot=plan.execution_plan_snapshot,
            parent_job_snapshot=remote.parent_job_snapshot,
            remote_job_origin=remote.get_remote_origin(),
            job_code_origin=remote.get_python_origin(),
            asset_selection=None,
            asset_check_selection=None,
            asset_graph=location.get_repository("__repository__").asset_graph,
        )

    def submit(self, job: str, tags: Mapping[str, str] = SENSOR, lane: Lane | None = Lane.MINUTE) -> DagsterRun:
        run = self.create(job, tags, lane)
        return self.instance.submit_run(run.run_id, self.workspaces.create_request_context())

    def dequeue(self) -> None:
        """Do what the daemon does each second with the queue."""
        for _ in self._dequeuer.run_iteration(self.workspaces):
            pass

    def status(self, run: DagsterRun) -> DagsterRunStatus:
        found = self.instance.get_run_by_id(run.run_id)
        assert found is not None
        return found.status

    def await_status(self, run: DagsterRun, *wanted: DagsterRunStatus) -> float:
        """Wait for one of the statuses, and return how many seconds that took."""
        began = time.monotonic()
        reached = waiting.until(lambda: True if self.status(run) in wanted else None, _LIMIT_SECONDS)
        assert reached, f"{self.status(run)}: {self.messages(run)}"
        return time.monotonic() - began

    def messages(self, run: DagsterRun) -> list[str]:
        return [entry.message for entry in self.instance.all_logs(run.run_id)]

    def events(self, run: DagsterRun) -> list[str]:
        entries = self.instance.all_logs(run.run_id)
        return [entry.dagster_event_type.value for entry in entries if entry.dagster_event_type is not None]


@contextmanager
def staged(folder: Path, database_url: str, set_variable: Callable[[str, str], None]) -> Iterator[Stage]:
    """Set the parts up in a folder, and end their processes afterwards."""
    code_port, runs_port = ports.pick_free(), ports.pick_free()
    (folder / f"{MODULE}.py").write_text(dedent(_DEFINITIONS))
    (folder / "dagster.yaml").write_text((CHECKOUT / "dagster.yaml").read_text())
    own = {
        "DAGSTER_HOME": str(folder),
        "TREND_DAGSTER_DATABASE_URL": database_url,
        "TREND_RUNS_HOST": "127.0.0.1",
        "TREND_RUNS_PORT": str(runs_port),
    }
    for name, value in own.items():
        set_variable(name, value)
    environment = {**os.environ, **own, "PYTHONPATH": f"{folder}{os.pathsep}{CHECKOUT}"}
    target = GrpcServerTarget(host="127.0.0.1", port=code_port, socket=None, location_name="lanes")
    with (folder / "code.log").open("wb") as log:
        command = [sys.executable, "-m", "dagster", "api", "grpc", "-p", str(code_port), "-m", MODULE]
        code_server = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "--location-name", "lanes", "--use-python-environment-entry-point"],
            env=environment,
            stdout=log,
            stderr=log,
        )
    processes = [code_server]
    stage: Stage | None = None
    try:
        assert waiting.until(lambda: True if ports.is_served(code_port) else None, _LIMIT_SECONDS)
        with (
            DagsterInstance.from_ref(InstanceRef.from_dir(str(folder))) as instance,
            WorkspaceProcessContext(instance, target) as workspaces,
        ):
            stage = Stage(folder, code_port, runs_port, environment, instance, workspaces)
            yield stage
    finally:
        processes += [stage.supervisor] if stage and stage.supervisor else []
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was asked to end, and insist."""
    try:
        process.wait(_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
