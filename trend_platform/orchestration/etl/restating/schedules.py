"""When recent candles are asked again: each morning, when corrections of the session before have come in."""

from zoneinfo import ZoneInfo

import dagster as dg

from trend_platform.orchestration.etl.restating.jobs import restate_candles
from trend_platform.orchestration.etl.schedules import NEW_YORK


@dg.schedule(
    name="restate_candles_schedule",
    job=restate_candles,
    cron_schedule="0 7 * * *",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="07:00 New York, every day: before the session, after the corrections of the last one.",
)
def restate_candles_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch one run for the whole universe."""
    day = context.scheduled_execution_time.astimezone(ZoneInfo(NEW_YORK)).date()
    return dg.RunRequest(run_key=f"restate_candles:{day}", tags={"trend/day": day.isoformat()})
