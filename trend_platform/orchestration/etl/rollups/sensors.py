"""When candles are rolled up: soon after any of them changed, or when a period that was running has ended."""

import dagster as dg

from trend_platform.errors import UnavailableError
from trend_platform.orchestration.etl.rollups.jobs import refresh_rollups
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.wording import counted

# Just below a multiple of the daemon's five seconds.
LOOKS_SECONDS = 299
_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dg.sensor(
    name="rolled_candles_sensor",
    job=refresh_rollups,
    minimum_interval_seconds=LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Every five minutes: one run if candles have changed, or a period has ended, since they were rolled up.",
)
def rolled_candles_sensor(
    context: dg.SensorEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.RunRequest | dg.SkipReason:
    """Launch a run for the touched windows, or say why there is none."""
    from trend_platform.ingest.rollup import count_due  # noqa: PLC0415  Polars loads with the first look

    if context.instance.get_runs_count(dg.RunsFilter(job_name=refresh_rollups.name, statuses=_UNDER_WAY)):
        return dg.SkipReason("a roll-up is under way: it takes what has changed meanwhile, or the next one does")
    try:
        with workshops.read() as workshop:
            due = count_due(workshop)
    except UnavailableError as error:
        return dg.SkipReason(f"{error} (tried again at the next look)")
    if not due:
        return dg.SkipReason("no candle has changed and no period has ended since the last roll-up")
    return dg.RunRequest(tags={"trend/due": counted(due, "touched window")})
