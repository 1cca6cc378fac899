"""A lane's runs as a warm worker sees them: looked up, judged, executed in place, or declared failed.

It works on an instance of Dagster that writes less: no compute logs, no event that says nothing, no debug lines. What a
lane's run prints goes to the worker's own log.
What does not belong here: processes, and the line that brings the ids.
"""

import contextlib
import logging
from dataclasses import dataclass
from functools import cached_property

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.instance.ref import InstanceRef
from dagster._core.origin import JobPythonOrigin
from dagster._grpc.impl import core_execute_run
from dagster._serdes import ConfigurableClassData
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster._utils.interrupts import capture_interrupts

from trend_platform.orchestration.launching.lanes import Lane, lane_of, max_runtime_seconds
from trend_platform.orchestration.launching.storage import LanePostgresStorage, PooledPostgresStorage

_NO_COMPUTE_LOGS = ConfigurableClassData(
    "dagster._core.storage.noop_compute_log_manager", "NoOpComputeLogManager", "{}\n"
)
_KEPT_LOG_LEVEL = "INFO"
_log = logging.getLogger("trend.worker")


class Refused(Exception):
    """The run is none that this worker may execute; the message says why."""


@dataclass(frozen=True)
class LaneRuns:
    """The runs of one lane and one code location.

    Attributes:
        lane: The lane.
        module: The module that holds the definitions of every run taken.
        dagster_home: Folder of `dagster.yaml`.
    """

    lane: Lane
    module: str
    dagster_home: str

    @cached_property
    def instance(self) -> DagsterInstance:
        """The instance of `dagster.yaml`, opened at first use."""
        described = InstanceRef.from_dir(self.dagster_home)
        storage = described.storage_data
        if storage is not None and storage.class_name == PooledPostgresStorage.__name__:
            storage = storage._replace(class_name=LanePostgresStorage.__name__)
        settings = dict(described.settings)
        settings.setdefault("python_logs", {"python_log_level": _KEPT_LOG_LEVEL})
        return DagsterInstance.from_ref(
            described._replace(compute_logs_data=_NO_COMPUTE_LOGS, storage_data=storage, settings=settings)
        )

    def judge(self, run_id: str) -> float:
        """Return how many seconds the run may take.

        Raises:
            Refused: It is unknown here, of another lane or location, or not waiting to be started.
        """
        run = self._run(run_id)
        if run is None:
            raise Refused(f"no run {run_id} in this instance of Dagster")
        if lane_of(run.tags) is not self.lane:
            raise Refused(f"run {run_id} is not of lane {self.lane}")
        if run.status is not DagsterRunStatus.STARTING:
            raise Refused(f"run {run_id} is {run.status.value}, expected STARTING")
        _check_module(run, self.module)
        return max_runtime_seconds(run.tags)

    def execute(self, run_id: str) -> None:
        """Execute the run to its end; whatever happens is in its events."""
        run = self._run(run_id)
        if run is None or run.job_code_origin is None:
            return
        job = recon_job_from_origin(run.job_code_origin)
        # Dagster writes what went wrong into the run's events before it raises.
        with capture_interrupts(), contextlib.suppress(DagsterExecutionInterruptedError, KeyboardInterrupt):
            for _ in core_execute_run(job, run, self.instance, inject_env_vars=False):
                pass

    def declare_ended(self, run_id: str, why: str) -> None:
        """Record that a run's worker is gone: as canceled if that was asked for, else as failed."""
        run = self._run(run_id)
        if run is None or run.is_finished:
            return
        _log.warning("run %s: %s", run_id, why)
        if run.status is DagsterRunStatus.CANCELING:
            self.instance.report_run_canceled(run, message=why)
        else:
            self.instance.report_run_failed(run, message=why)

    def _run(self, run_id: str) -> DagsterRun | None:
        return self.instance.get_run_by_id(run_id)


def _check_module(run: DagsterRun, module: str) -> None:
    found = _module_of(run.job_code_origin)
    if found != module:
        raise Refused(f"run {run.run_id} is of {found}; this worker has {module} loaded")


def _module_of(origin: JobPythonOrigin | None) -> str:
    pointer = origin.repository_origin.code_pointer if origin else None
    inner = getattr(pointer, "module", None)
    return str(inner or pointer)
