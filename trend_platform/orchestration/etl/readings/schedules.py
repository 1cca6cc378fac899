"""When the readings are brought up to date: economic series by the hour if a release is due, news twice an hour, posts hourly.

A tick that has nothing to do launches no run and says why.
"""

from datetime import datetime

import dagster as dg

from trend_platform.errors import UnavailableError, UsageError
from trend_platform.ingest.economy import due_series
from trend_platform.orchestration.etl.readings.jobs import (
    refresh_economic_observations,
    refresh_news_articles,
    refresh_social_posts,
)
from trend_platform.orchestration.etl.readings.keys import ECONOMIC_OBSERVATIONS
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.providers.sources import Reading


@dg.schedule(
    name="economic_observations_schedule",
    job=refresh_economic_observations,
    cron_schedule="5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each hour: one run for the series whose release is due. Mostly none is, and the tick says when the next one is.",
)
def economic_observations_schedule(
    context: dg.ScheduleEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.RunRequest | dg.SkipReason:
    """Launch a run for the series that are due, or say when the next one is."""
    series = workshops.settings().sources.fred.series
    try:
        with workshops.read() as workshop:
            looks, now = due_series(workshop, series), workshop.clock.now()
    except UsageError as error:
        return dg.SkipReason(str(error))
    except UnavailableError as error:
        return dg.SkipReason(f"{error} (tried again in an hour)")
    due = [one for one, at in looks.items() if at <= now]
    if not due:
        return dg.SkipReason(_next_of(looks))
    config = {"ops": {ECONOMIC_OBSERVATIONS.to_python_identifier(): {"config": {"series": due}}}}
    return dg.RunRequest(run_key=_key("economic_observations", context), run_config=config)


@dg.schedule(
    name="news_articles_schedule",
    job=refresh_news_articles,
    cron_schedule="*/30 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every 30 minutes: all sources of news that are enabled and have their key.",
)
def news_articles_schedule(
    context: dg.ScheduleEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.RunRequest | dg.SkipReason:
    """Launch a run, if there is a source."""
    return _if_told(context, workshops, Reading.NEWS, "news_articles")


@dg.schedule(
    name="social_posts_schedule",
    job=refresh_social_posts,
    cron_schedule="20 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each hour: the sources of posts that are enabled; by default none is.",
)
def social_posts_schedule(
    context: dg.ScheduleEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.RunRequest | dg.SkipReason:
    """Launch a run, if a source is enabled."""
    return _if_told(context, workshops, Reading.SOCIAL, "social_posts")


def _if_told(
    context: dg.ScheduleEvaluationContext, workshops: WorkshopSource, reading: Reading, what: str
) -> dg.RunRequest | dg.SkipReason:
    try:
        with workshops.read() as workshop:
            names = workshop.sources.names(reading)
            why = "" if names else workshop.sources.why_none(reading)
    except UnavailableError as error:
        return dg.SkipReason(f"{error} (tried again at the next tick)")
    if not names:
        return dg.SkipReason(f"no source of {what.replace('_', ' ')} is at hand: {why}")
    return dg.RunRequest(run_key=_key(what, context))


def _key(what: str, context: dg.ScheduleEvaluationContext) -> str:
    return f"{what}:{context.scheduled_execution_time:%Y-%m-%dT%H:%MZ}"


def _next_of(looks: dict[str, datetime]) -> str:
    if not looks:
        return "the setting sources.fred.series names no series"
    series = min(looks, key=lambda one: looks[one])
    return f"no release is due; the next look is at {series}, {looks[series]:%Y-%m-%d %H:%M} UTC"
