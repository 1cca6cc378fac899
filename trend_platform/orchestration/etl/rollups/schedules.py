"""When roll-ups are compared with the providers' own candles: once a night, after the upkeep."""

from zoneinfo import ZoneInfo

import dagster as dg

from trend_platform.orchestration.etl.rollups.jobs import check_rollups
from trend_platform.orchestration.etl.schedules import NEW_YORK


@dg.schedule(
    name="check_rollups_schedule",
    job=check_rollups,
    cron_schedule="30 3 * * *",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="03:30 New York, every day: the identity of roll-ups and the providers' own candles.",
)
def check_rollups_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch the nightly comparison."""
    day = context.scheduled_execution_time.astimezone(ZoneInfo(NEW_YORK)).date()
    return dg.RunRequest(run_key=f"check_rollups:{day}", tags={"trend/day": day.isoformat()})
