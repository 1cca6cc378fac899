"""When everything is looked through for gaps: once a night, after the upkeep has settled what was left forming."""

from zoneinfo import ZoneInfo

import dagster as dg

from trend_platform.orchestration.etl.gaps.jobs import detect_gaps
from trend_platform.orchestration.etl.schedules import NEW_YORK


@dg.schedule(
    name="candle_gaps_schedule",
    job=detect_gaps,
    cron_schedule="0 4 * * *",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="04:00 New York, every day: what is missing, and whether the ledger says what the rows say.",
)
def candle_gaps_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch the nightly look."""
    day = context.scheduled_execution_time.astimezone(ZoneInfo(NEW_YORK)).date()
    return dg.RunRequest(run_key=f"detect_gaps:{day}", tags={"trend/day": day.isoformat()})
