"""Keep what is read beside prices: economic series with their vintages, news told once, social posts and what they cost."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _add_vintages()
    _create_series()
    _add_stories()
    _create_posts()
    _create_spending()


def downgrade() -> None:
    op.drop_table("spending", schema="market")
    op.drop_table("social_posts", schema="market")
    for column in ("also_at", "symbols"):
        op.drop_index(op.f(f"ix_news_articles_{column}"), "news_articles", schema="market")
    for column in ("sentiment", "also_at", "publisher"):
        op.drop_column("news_articles", column, schema="market")
    op.drop_table("economic_series", schema="market")
    # Without vintages a period has one value: the one that is believed.
    op.execute("DELETE FROM market.economic_observations WHERE realtime_end <> DATE '9999-12-31'")
    _order_key_of_observations("provider", "series", "observed_on")
    for column in ("realtime_end", "realtime_start"):
        op.drop_column("economic_observations", column, schema="market")


def _add_vintages() -> None:
    for column in ("realtime_start", "realtime_end"):
        op.add_column("economic_observations", sa.Column(column, sa.Date(), nullable=True), schema="market")
    op.execute(
        "UPDATE market.economic_observations SET realtime_start = (fetched_at AT TIME ZONE 'UTC')::date, "
        "realtime_end = DATE '9999-12-31'"
    )
    for column in ("realtime_start", "realtime_end"):
        op.alter_column("economic_observations", column, nullable=False, schema="market")
    op.create_check_constraint(
        op.f("ck_economic_observations_belief"),
        "economic_observations",
        "realtime_start <= realtime_end",
        schema="market",
    )
    _order_key_of_observations("provider", "series", "observed_on", "realtime_start")


def _create_series() -> None:
    op.create_table(
        "economic_series",
        _code("provider"),
        _code("series"),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("units", sa.Text(), server_default="", nullable=False),
        sa.Column("frequency", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("release", sa.Text(), server_default="", nullable=False),
        sa.Column("release_days", sa.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("newest_observation", sa.Date(), nullable=True),
        sa.Column("newest_vintage", sa.Date(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", "series", name=op.f("pk_economic_series")),
        schema="market",
    )


def _add_stories() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("publisher", sa.Text(), server_default="", nullable=False),
        sa.Column("also_at", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("sentiment", sa.Double(), nullable=True),
    )
    for column in columns:
        op.add_column("news_articles", column, schema="market")
    _check_sentiment("news_articles")
    for name in ("symbols", "also_at"):
        _index("news_articles", name, using="gin")


def _create_posts() -> None:
    op.create_table(
        "social_posts",
        _code("provider"),
        _code("post_id"),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("symbols", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("stance", sa.Text(collation="C"), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("replies", sa.BigInteger(), nullable=True),
        sa.Column("sentiment", sa.Double(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stance IN ('bullish', 'bearish')", name=op.f("ck_social_posts_stance")),
        sa.PrimaryKeyConstraint("provider", "post_id", name=op.f("pk_social_posts")),
        schema="market",
    )
    _check_sentiment("social_posts")
    _index("social_posts", "posted_at", using="btree")
    _index("social_posts", "symbols", using="gin")


def _create_spending() -> None:
    op.create_table(
        "spending",
        _code("provider"),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("dollars", sa.Double(), nullable=False),
        sa.CheckConstraint("dollars >= 0 AND dollars < 'infinity'", name=op.f("ck_spending_dollars")),
        sa.PrimaryKeyConstraint("provider", "spent_on", name=op.f("pk_spending")),
        schema="market",
    )


def _code(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _check_sentiment(table: str) -> None:
    name = op.f(f"ck_{table}_sentiment")
    op.create_check_constraint(name, table, "sentiment BETWEEN -1 AND 1", schema="market")


def _index(table: str, column: str, *, using: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], schema="market", postgresql_using=using)


def _order_key_of_observations(*columns: str) -> None:
    op.drop_constraint("pk_economic_observations", "economic_observations", schema="market", type_="primary")
    op.create_primary_key("pk_economic_observations", "economic_observations", list(columns), schema="market")
