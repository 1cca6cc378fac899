"""From posts as sources tell them to posts that are kept: those about an instrument kept here, each with how it sounds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.posts import POST_SCHEMA, as_posts
from trend_platform.quality.mentions import Mentions
from trend_platform.quality.sentiment import sentiment_of

_AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class JudgedPosts:
    """What told posts amount to; the three add up to them.

    Attributes:
        posts: Those that are kept; a post frame.
        unrelated: Those about no instrument kept here.
        rejected: Those that are older than posts are kept, or of a time that cannot be.
    """

    posts: pl.DataFrame
    unrelated: int
    rejected: int


def judge_posts(told: pl.DataFrame, mentions: Mentions, oldest: datetime, now: datetime) -> JudgedPosts:
    """Return what is kept of told posts.

    Args:
        told: Told posts, each id once.
        mentions: Finds the instruments a text is about, beside those its source names.
        oldest: Posts from before are not kept: they would be dropped by age at once.
        now: When they were fetched.
    """
    timely = told.filter(pl.col("posted_at").is_between(oldest, now + _AHEAD))
    named = [
        sorted({*(symbols or ()), *mentions.in_text(text or "")})
        for symbols, text in timely.select("symbols", "text").iter_rows()
    ]
    tagged = timely.with_columns(
        pl.Series("symbols", named, dtype=POST_SCHEMA["symbols"]),
        sentiment_of(timely["text"].fill_null("").to_list()),
        pl.lit(now).cast(POST_SCHEMA["fetched_at"]).alias("fetched_at"),
    )
    kept = tagged.filter(pl.col("symbols").list.len() > 0)
    return JudgedPosts(as_posts(kept), timely.height - kept.height, told.height - timely.height)
