"""Which runs wait in Dagster's queue: all but those that a sensor submits to a free lane.

A lane's run from a sensor is launched by the tick itself; waiting for the queue would cost it a second. If the lane has
a run under way, it joins the queue, whose tag limit of one per lane lets it out as soon as that one has ended. Runs
launched by hand always go through the queue. What does not belong here: how a run is launched.
"""

import logging
import threading

from dagster import DagsterError, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.run_coordinator.base import SubmitRunContext
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
from dagster._core.storage.dagster_run import ACTIVE_RUN_STATUSES
from dagster._core.storage.tags import SENSOR_NAME_TAG

from trend_platform.orchestration.launching.lanes import LANE_TAG, Lane, lane_of

_log = logging.getLogger("trend.launching")
# Sensors tick in threads of one process: of two that submit to one lane, the second must see the first one's run.
_one_at_a_time = threading.Lock()


class LaneRunCoordinator(QueuedRunCoordinator[DagsterInstance]):
    """Dagster's queue, past which sensors launch the runs of free lanes at once."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Launch the run now if its lane is free and a sensor sent it, else put it into the queue."""
        run = context.dagster_run
        lane = lane_of(run.tags)
        if lane is None or SENSOR_NAME_TAG not in run.tags or run.status is not DagsterRunStatus.NOT_STARTED:
            return super().submit_run(context)
        with _one_at_a_time:
            if self._is_busy(lane):
                return super().submit_run(context)
            return self._launch(context)

    def _is_busy(self, lane: Lane) -> bool:
        under_way = RunsFilter(statuses=ACTIVE_RUN_STATUSES, tags={LANE_TAG: lane.value})
        return bool(self._instance.get_run_ids(under_way, limit=1))

    def _launch(self, context: SubmitRunContext) -> DagsterRun:
        run = context.dagster_run
        try:
            return self._instance.launch_run(run.run_id, context.workspace)
        except DagsterError:
            # The run has failed and says why, as it would from the queue; the tick that asked for it has not.
            _log.exception("run %s could not be launched", run.run_id)
            return self._instance.get_run_by_id(run.run_id) or run
