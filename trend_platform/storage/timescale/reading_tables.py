"""The tables of what is read beside prices: economic series and their vintages, news, social posts, and what posts cost.

A part of `tables`, which is where others import them from.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
)

from trend_platform.storage.timescale.columns import code, instant
from trend_platform.storage.timescale.schema import metadata

economic_series = Table(
    "economic_series",
    metadata,
    code("provider", primary_key=True),
    code("series", primary_key=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("units", Text, nullable=False, server_default=""),
    Column("frequency", Text(collation="C"), nullable=False, server_default=""),
    Column("release", Text, nullable=False, server_default=""),
    Column("release_days", ARRAY(Date), nullable=False, server_default="{}"),
    Column("newest_observation", Date),
    Column("newest_vintage", Date),
    instant("checked_at", nullable=True),
)

economic_observations = Table(
    "economic_observations",
    metadata,
    code("provider", primary_key=True),
    code("series", primary_key=True),
    Column("observed_on", Date, primary_key=True),
    Column("realtime_start", Date, primary_key=True),
    Column("realtime_end", Date, nullable=False),
    Column("value", Double),
    instant("fetched_at"),
    CheckConstraint("realtime_start <= realtime_end", name="belief"),
)

news_articles = Table(
    "news_articles",
    metadata,
    Column("article_id", BigInteger, Identity(), primary_key=True),
    code("provider"),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("publisher", Text, nullable=False, server_default=""),
    Column("symbols", ARRAY(Text), nullable=False, server_default="{}"),
    Column("also_at", ARRAY(Text), nullable=False, server_default="{}"),
    Column("sentiment", Double),
    instant("published_at"),
    instant("fetched_at"),
    CheckConstraint("sentiment BETWEEN -1 AND 1", name="sentiment"),
    UniqueConstraint("url"),
    Index(None, "published_at"),
    Index(None, "symbols", postgresql_using="gin"),
    Index(None, "also_at", postgresql_using="gin"),
)

social_posts = Table(
    "social_posts",
    metadata,
    code("provider", primary_key=True),
    code("post_id", primary_key=True),
    Column("url", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("symbols", ARRAY(Text), nullable=False, server_default="{}"),
    Column("stance", Text(collation="C")),
    Column("likes", BigInteger),
    Column("replies", BigInteger),
    Column("sentiment", Double),
    instant("posted_at"),
    instant("fetched_at"),
    CheckConstraint("stance IN ('bullish', 'bearish')", name="stance"),
    CheckConstraint("sentiment BETWEEN -1 AND 1", name="sentiment"),
    Index(None, "posted_at"),
    Index(None, "symbols", postgresql_using="gin"),
)

spending = Table(
    "spending",
    metadata,
    code("provider", primary_key=True),
    Column("spent_on", Date, primary_key=True),
    Column("dollars", Double, nullable=False),
    CheckConstraint("dollars >= 0 AND dollars < 'infinity'", name="dollars"),
)
