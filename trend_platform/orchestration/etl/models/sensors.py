"""When the models are built: after each run that brought history and ended well, however it was launched."""

import dagster as dg

from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES
from trend_platform.orchestration.etl.models.jobs import refresh_models

_HISTORY_JOBS = frozenset({"daily_history", "weekly_history"})
_LOOKS_SECONDS = 14


@dg.run_status_sensor(
    name="models_sensor",
    run_status=dg.DagsterRunStatus.SUCCESS,
    request_job=refresh_models,
    minimum_interval_seconds=_LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After a run over historical_candles that ended well, one run that builds the models. One that failed, its "
    "blocking check included, changes nothing: the models stay as they were.",
)
def models_sensor(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """Launch the models after history, or say that the run was about something else."""
    run = context.dagster_run
    if brought_history(run):
        return dg.RunRequest(run_key=f"models:{run.run_id}", tags={"trend/after": run.run_id})
    return dg.SkipReason(f"{run.job_name} {run.run_id} brought no history")


def brought_history(run: dg.DagsterRun) -> bool:
    """Tell whether a run was over historical candles: one of the jobs, or a selection in the UI."""
    return run.job_name in _HISTORY_JOBS or HISTORICAL_CANDLES in (run.asset_selection or ())
