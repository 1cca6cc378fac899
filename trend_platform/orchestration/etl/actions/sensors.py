"""The sensor of new splits: as soon as a session after one has closed, both of its sides are looked at."""

import dagster as dg

from trend_platform.errors import TrendError
from trend_platform.ingest.split_check import new_splits
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import some

_EVERY_SECONDS = 600


@dg.sensor(
    name="new_split_sensor",
    job_name="check_new_splits",
    minimum_interval_seconds=_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Each ten minutes: a run for new splits whose first session has closed; one that is not confirmed is looked at "
    "again the next day.",
)
def new_split_sensor(
    context: dg.SensorEvaluationContext,  # noqa: ARG001  Dagster tells a sensor's context by its place
    workshops: dg.ResourceParam[WorkshopSource],
) -> dg.RunRequest | dg.SkipReason:
    """Launch a run for the splits that wait to be looked at, once a day for the same ones."""
    try:
        with workshops.read() as workshop:
            known = workshop.storage.universe.instruments()
            pending, today = new_splits(workshop, known), workshop.clock.now().date()
    except TrendError as error:
        return dg.SkipReason(f"{error} (tried again in ten minutes)")
    if not pending:
        return dg.SkipReason("no split of the last weeks is left to be checked")
    names = sorted(f"{one.instrument.symbol}:{one.ex_date}:{one.ratio:g}" for one in pending)
    return dg.RunRequest(run_key=f"splits:{today}:{','.join(names)}", tags={"trend/splits": some(names)[:200]})
