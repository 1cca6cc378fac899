"""Nightly upkeep: what is written by the minute is dropped by age, and what was left forming is asked again.

History itself is never dropped: candles, coverage and revisions stay. Dagster's own runs are purged by `orchestration`.
"""

from dataclasses import dataclass
from datetime import timedelta

from trend_platform.ingest.catch_up import catch_up
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.workshop import Workshop
from trend_platform.settings import RetentionSettings

KIND = "upkeep"
"""What the runs of the catch-up are recorded as."""

SHORT_LIVED = ("latest", "hourly", "economic", "news", "social", KIND)
"""The kinds of ingest runs whose records are dropped by age; those of backfills, imports and repairs stay."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one upkeep did.

    Attributes:
        quotes: Quotes dropped; each instrument's newest one stays.
        run_records: Records of short-lived ingest runs dropped.
        incidents: Incidents dropped that were over long enough.
        orphan_keys: Cache keys dropped of symbols that left the universe.
        caught_up: The outcome of asking again for what was left forming or unasked; `None` if nothing was, or if no provider
            is at hand. Its accounts list a series per timeframe.
        answers: Archived answers of providers dropped.
        stories: News dropped.
        posts: Social posts dropped.
    """

    quotes: int
    run_records: int
    incidents: int
    orphan_keys: int
    caught_up: Outcome | None
    answers: int = 0
    stories: int = 0
    posts: int = 0


async def upkeep(workshop: Workshop, retention: RetentionSettings) -> Upkeep:
    """Drop what is old, then catch up; what was dropped stays dropped if the catch-up fails.

    Raises:
        PlanRefused: The catch-up cannot finish; nothing was asked.
        UnavailableError: The database went away.
    """
    storage, now = workshop.storage, workshop.clock.now()
    quotes = storage.quotes.forget_before(now - timedelta(days=retention.quotes_days))
    run_records = storage.runs.forget_before(now - timedelta(days=retention.run_records_days), SHORT_LIVED)
    incidents = storage.incidents.forget_before(now - timedelta(days=retention.incidents_days))
    answers = (
        workshop.archive.forget_before(now - timedelta(days=workshop.policy.answers_days)) if workshop.archive else 0
    )
    stories = storage.news.forget_before(now - timedelta(days=retention.news_days))
    posts = storage.posts.forget_before(now - timedelta(days=retention.social_days))
    orphans = _drop_orphans(workshop)
    return Upkeep(quotes, run_records, incidents, orphans, await catch_up(workshop, KIND), answers, stories, posts)


def _drop_orphans(workshop: Workshop) -> int:
    symbols = {one.symbol for one in workshop.storage.universe.instruments()}
    return workshop.cache.forget_others(symbols) + workshop.prices.forget_others(symbols)
