"""Observations, stories and posts in one line each, for tests of whatever stores or judges them."""

from datetime import UTC, date, datetime

import polars as pl

from trend_platform.domain.economy import FOREVER, OBSERVATION_SCHEMA, as_observations
from trend_platform.domain.news import ARTICLE_SCHEMA, as_articles
from trend_platform.domain.posts import POST_SCHEMA, as_posts

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Vintage = tuple[date, date, date, float | None]


def vintages(*rows: Vintage, series: str = "GDP", provider: str = "fred", fetched_at: datetime = NOON) -> pl.DataFrame:
    """Rows of observed_on, realtime_start, realtime_end, value."""
    told = [(provider, series, on, start, end, value, fetched_at) for on, start, end, value in rows]
    return as_observations(pl.DataFrame(told, schema=OBSERVATION_SCHEMA, orient="row"))


def believed(on: date, since: date, value: float | None) -> Vintage:
    """A vintage that is still believed."""
    return (on, since, FOREVER, value)


def story(url: str, title: str = "A story", at: datetime = NOON, **columns: object) -> pl.DataFrame:
    """One story of a source nobody knows."""
    row = {
        "provider": "gdelt",
        "url": url,
        "title": title,
        "summary": "",
        "publisher": "",
        "symbols": [],
        "also_at": [],
        "sentiment": None,
        "published_at": at,
        "fetched_at": at,
        **columns,
    }
    return as_articles(pl.DataFrame([row], schema=ARTICLE_SCHEMA))


def post(post_id: str, at: datetime = NOON, provider: str = "stocktwits", **columns: object) -> pl.DataFrame:
    """One post."""
    row = {
        "provider": provider,
        "post_id": post_id,
        "url": f"https://posts.test/{post_id}",
        "text": "up it goes",
        "symbols": [],
        "stance": None,
        "likes": None,
        "replies": None,
        "sentiment": None,
        "posted_at": at,
        "fetched_at": at,
        **columns,
    }
    return as_posts(pl.DataFrame([row], schema=POST_SCHEMA))
