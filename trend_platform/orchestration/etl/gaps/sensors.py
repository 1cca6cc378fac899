"""When gaps are repaired without being told to: hourly, if any is due and the day's calls are not spent."""

import dagster as dg

from trend_platform.errors import UnavailableError, UsageError
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.wording import counted

# Just below a multiple of the daemon's five seconds.
LOOKS_SECONDS = 3599


@dg.sensor(
    name="repair_gaps_sensor",
    job_name="repair_gaps",
    minimum_interval_seconds=LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Each hour: one repair if gaps are due, within the calls a day that the setting repair.calls_per_day allows.",
)
def repair_gaps_sensor(
    context: dg.SensorEvaluationContext,  # noqa: ARG001  Dagster passes it
    workshops: dg.ResourceParam[WorkshopSource],
) -> dg.RunRequest | dg.SkipReason:
    """Launch a repair, or say why there is none."""
    from trend_platform.ingest.repair import calls_left, count_due  # noqa: PLC0415  Polars loads with the first look

    settings = workshops.settings().repair
    if not settings.enabled:
        return dg.SkipReason("the setting repair.enabled is off; `trend gaps repair` does it by hand")
    try:
        with workshops.read() as workshop:
            left, due, now = calls_left(workshop, settings.calls_per_day), count_due(workshop), workshop.clock.now()
    except UsageError:
        return dg.SkipReason("the universe is empty: there is nothing to be missing")
    except UnavailableError as error:
        return dg.SkipReason(f"{error} (tried again in an hour)")
    if not due:
        return dg.SkipReason("no gap is due")
    if left <= 0:
        return dg.SkipReason(
            f"{counted(due, 'gap is', 'gaps are')} due, and the {settings.calls_per_day} calls of {now:%Y-%m-%d} (UTC) are spent"
        )
    return dg.RunRequest(run_key=f"repair_gaps:{now:%Y-%m-%dT%H}", tags={"trend/due": counted(due, "gap")})
