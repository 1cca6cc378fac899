"""When quality is scored: every night, after the history of the day has come."""

import dagster as dg

from trend_platform.orchestration.etl.quality.jobs import score_quality
from trend_platform.orchestration.etl.schedules import NEW_YORK


@dg.schedule(
    name="score_quality_schedule",
    job=score_quality,
    cron_schedule="30 20 * * *",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="20:30 New York, every day: after the daily history, crypto's new day included.",
)
def score_quality_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch one run."""
    return dg.RunRequest(run_key=f"score_quality:{context.scheduled_execution_time.date()}")
