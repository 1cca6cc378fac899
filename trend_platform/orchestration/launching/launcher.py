"""Where a run is executed: lanes in the warm workers, everything else by its code server, as Dagster does it.

If the warm workers do not answer, a lane's run is launched the ordinary way, slower, and says so.
What does not belong here: when a run is launched, and what the workers do with it.
"""

from collections.abc import Mapping
from typing import Any

from dagster import DagsterEvent, DagsterInstance, DagsterRun, DefaultRunLauncher, IntSource, StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.errors import DagsterLaunchFailedError
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._serdes import ConfigurableClassData

from trend_platform.orchestration.launching.lanes import Lane, lane_of
from trend_platform.orchestration.launching.line import Handover, Lost, NotTaken, WorkerLine


class LaneRunLauncher(DefaultRunLauncher):
    """Launch lane runs in the warm workers, and all others, or all if those are gone, by the code servers."""

    def __init__(self, host: str, port: int, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._line = WorkerLine(host, port)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return what can be configured: where the warm workers listen."""
        return {"host": StringSource, "port": IntSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> "LaneRunLauncher":
        """Build the launcher that `dagster.yaml` describes."""
        return cls(config_value["host"], config_value["port"], inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Launch a run.

        Raises:
            DagsterLaunchFailedError: The worker took the run and then the line broke; or no code server has it.
        """
        lane = lane_of(context.dagster_run.tags)
        if lane is None or not self._hand_over(lane, context.dagster_run):
            super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        """End a run; one that no worker has any more is recorded as canceled at once."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or not _is_warm(run):
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]  # Dagster leaves it untyped
        if run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        try:
            is_told = self._line.terminate(run_id)
        except NotTaken:
            is_told = False
        if not is_told:
            self._instance.report_run_canceled(run, message="No worker has this run any more.")
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Return that run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Tell run monitoring whether the run still has a worker; only asked for warm ones, others are taken to run."""
        if not _is_warm(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        try:
            if self._line.is_running(run.run_id):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
        except NotTaken as error:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, str(error))
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "no warm worker has this run")

    def _hand_over(self, lane: Lane, run: DagsterRun) -> bool:
        instance: DagsterInstance = self._instance
        try:
            ending = self._line.hand_over(lane, run.run_id)
        except Lost as error:
            raise DagsterLaunchFailedError(str(error)) from error  # type: ignore[no-untyped-call]  # as above
        except NotTaken as error:
            message = (
                f"{error}. Launched by the code server instead, which costs seconds; `trend status` shows the workers."
            )
            instance.report_engine_event(message, run, cls=type(self))
            return False
        if ending is Handover.BUSY:
            # Back into the queue, which lets it out when the lane's tag limit does.
            instance.report_dagster_event(DagsterEvent.job_enqueue(run), run.run_id)
        return True


def _is_warm(run: DagsterRun) -> bool:
    # A code server leaves its address in the tags of the runs it launches.
    return lane_of(run.tags) is not None and GRPC_INFO_TAG not in run.tags
