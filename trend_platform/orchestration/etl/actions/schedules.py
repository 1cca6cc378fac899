"""When corporate actions are asked for: before each session of New York, and on Sundays with the history of new shares."""

from datetime import date
from zoneinfo import ZoneInfo

import dagster as dg

from trend_platform.orchestration.etl.actions.jobs import refresh_corporate_actions
from trend_platform.orchestration.etl.actions.keys import CORPORATE_ACTIONS
from trend_platform.orchestration.etl.schedules import NEW_YORK

_SUNDAY = 6


@dg.schedule(
    name="corporate_actions_schedule",
    job=refresh_corporate_actions,
    cron_schedule="15 7 * * *",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="07:15 New York, every day: a split is known before its first session opens. On Sundays all history is asked of "
    "shares of which nothing is known.",
)
def corporate_actions_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch one run."""
    day: date = context.scheduled_execution_time.astimezone(ZoneInfo(NEW_YORK)).date()
    config = {"config": {"history": day.weekday() == _SUNDAY}}
    return dg.RunRequest(
        run_key=f"corporate_actions:{day}",
        run_config={"ops": {CORPORATE_ACTIONS.to_python_identifier(): config}},
        tags={"trend/day": day.isoformat()},
    )
