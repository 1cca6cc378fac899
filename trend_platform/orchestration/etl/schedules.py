"""When history is brought up to date, after each session of New York and once a week, and when the house is swept."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.ranges import Range
from trend_platform.orchestration.etl.holidays import closure
from trend_platform.orchestration.etl.jobs import daily_history, maintenance, weekly_history
from trend_platform.orchestration.partitions import tags_for

VENUE = "XNYS"
NEW_YORK = "America/New_York"


@dg.schedule(
    name="daily_history_schedule",
    job=daily_history,
    cron_schedule="30 16 * * 1-5",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="16:30 New York on days the NYSE trades, half days included: 7D to 1Y in one run. A holiday is a skip.",
)
def daily_history_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Launch one run for the ranges 7D to 1Y, or say why the NYSE is closed and when it opens again."""
    day = _day_of(context)
    calendar = get_calendar(VENUE)
    if calendar.is_session(day):
        return _request("daily_history", day, Range.D7, Range.Y1)
    next_session = next(later for ahead in range(1, 15) if calendar.is_session(later := day + timedelta(days=ahead)))
    return dg.SkipReason(
        f"the NYSE is closed on {day:%A} {day}: {closure(VENUE, day)}; the next session is {next_session:%A} {next_session}"
    )


@dg.schedule(
    name="weekly_history_schedule",
    job=weekly_history,
    cron_schedule="0 2 * * 0",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Sunday 02:00 New York: 3Y, 5Y and MAX in one run. What is stored is not asked again.",
)
def weekly_history_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch one run for the ranges 3Y to MAX."""
    return _request("weekly_history", _day_of(context), Range.Y3, Range.MAX)


@dg.schedule(
    name="maintenance_schedule",
    job=maintenance,
    cron_schedule="0 2 * * *",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="02:00 New York, every day: between two sessions of its venues. In the night that has no 02:00 it comes at 03:00.",
)
def maintenance_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Launch the nightly upkeep."""
    day = _day_of(context)
    return dg.RunRequest(run_key=f"maintenance:{day}", tags={"trend/day": day.isoformat()})


def _request(job: str, day: date, first: Range, last: Range) -> dg.RunRequest:
    return dg.RunRequest(run_key=f"{job}:{day}", tags={**tags_for(first, last), "trend/day": day.isoformat()})


def _day_of(context: dg.ScheduleEvaluationContext) -> date:
    return context.scheduled_execution_time.astimezone(ZoneInfo(NEW_YORK)).date()
