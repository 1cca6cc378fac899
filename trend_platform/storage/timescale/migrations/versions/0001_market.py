"""Create the schema `market`: instruments, candles, coverage and what stands beside them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_VIEW = "CREATE VIEW market.candles AS TABLE market.candles_daily UNION ALL TABLE market.candles_intraday"

_TABLES = """
    api_keys news_articles economic_observations deployment data_quality_metrics ingest_runs quarantine coverage_gaps
    coverage_spans quotes candle_revisions candles_intraday candles_daily corporate_actions portfolios watchlists
    provider_symbols instruments
"""


def upgrade() -> None:
    _create_instruments()
    _create_groups_of_instruments()
    _create_candles()
    _create_revisions()
    _create_quotes()
    _create_coverage()
    _create_quarantine()
    _create_records()
    _create_readings()
    op.execute(_VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW market.candles")
    for table in _TABLES.split():
        op.drop_table(table, schema="market")


def _create_instruments() -> None:
    _create(
        "instruments",
        sa.Column("instrument_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("asset_class", sa.Text(collation="C"), nullable=False),
        sa.Column("calendar", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("delisted_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("listed_on <= delisted_on", name=op.f("ck_instruments_lifetime")),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_instruments")),
        sa.UniqueConstraint("symbol", name=op.f("uq_instruments_symbol")),
    )
    _create(
        "provider_symbols",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        _of_instrument("provider_symbols"),
        sa.PrimaryKeyConstraint("instrument_id", "provider", name=op.f("pk_provider_symbols")),
    )


def _create_groups_of_instruments() -> None:
    _create(
        "watchlists",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        _of_instrument("watchlists"),
        sa.PrimaryKeyConstraint("name", "instrument_id", name=op.f("pk_watchlists")),
    )
    _create(
        "portfolios",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=True),
        _of_instrument("portfolios"),
        sa.PrimaryKeyConstraint("name", "instrument_id", name=op.f("pk_portfolios")),
    )
    _create(
        "corporate_actions",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("ex_date", sa.Date(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=True),
        sa.Column("amount", sa.Double(), nullable=True),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("kind <> 'split' OR ratio > 0", name=op.f("ck_corporate_actions_split_ratio")),
        _of_instrument("corporate_actions"),
        sa.PrimaryKeyConstraint("instrument_id", "kind", "ex_date", name=op.f("pk_corporate_actions")),
    )


def _create_candles() -> None:
    for table in ("candles_daily", "candles_intraday"):
        _create(
            table,
            sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
            sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
            *_candle_values(),
            sa.CheckConstraint(
                "low > '-infinity' AND low <= high AND high < 'infinity'", name=op.f(f"ck_{table}_low_to_high")
            ),
            sa.CheckConstraint("volume >= 0 AND volume < 'infinity'", name=op.f(f"ck_{table}_volume")),
            sa.PrimaryKeyConstraint("instrument_id", "timeframe", "opened_at", name=op.f(f"pk_{table}")),
        )


def _create_revisions() -> None:
    _create(
        "candle_revisions",
        sa.Column("revision_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        *_candle_values(),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_candle_revisions")),
    )
    _index("candle_revisions", "instrument_id", "timeframe", "opened_at")


def _create_quotes() -> None:
    _create(
        "quotes",
        sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("bid", sa.Double(), nullable=True),
        sa.Column("ask", sa.Double(), nullable=True),
        sa.Column("size", sa.Double(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("price > '-infinity' AND price < 'infinity'", name=op.f("ck_quotes_price")),
        sa.PrimaryKeyConstraint("instrument_id", "provider", "quoted_at", name=op.f("pk_quotes")),
    )


def _create_coverage() -> None:
    _create(
        "coverage_spans",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("start_at < end_at", name=op.f("ck_coverage_spans_interval")),
        _of_instrument("coverage_spans"),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "start_at", name=op.f("pk_coverage_spans")),
    )
    _create(
        "coverage_gaps",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(collation="C"), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_believed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("missing > 0", name=op.f("ck_coverage_gaps_missing")),
        sa.CheckConstraint("start_at < end_at", name=op.f("ck_coverage_gaps_interval")),
        _of_instrument("coverage_gaps"),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "start_at", name=op.f("pk_coverage_gaps")),
    )


def _create_quarantine() -> None:
    _create(
        "quarantine",
        sa.Column("quarantine_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_quarantine_fingerprint")),
    )
    _index("quarantine", "instrument_id", "timeframe", "opened_at")


def _create_records() -> None:
    _create(
        "ingest_runs",
        sa.Column("run_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.Text(collation="C"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plan", postgresql.JSON(), nullable=False),
        sa.Column("outcome", postgresql.JSON(), nullable=True),
        sa.CheckConstraint("status IN ('running', 'done', 'failed')", name=op.f("ck_ingest_runs_status")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_ingest_runs")),
    )
    _create(
        "data_quality_metrics",
        sa.Column("metric_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=True),
        sa.Column("metric", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        _of_instrument("data_quality_metrics"),
        sa.PrimaryKeyConstraint("metric_id", name=op.f("pk_data_quality_metrics")),
    )
    _index("data_quality_metrics", "metric", "measured_at")
    _create(
        "deployment",
        sa.Column("only_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("price_kind", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("price_kind IN ('real', 'simulated')", name=op.f("ck_deployment_price_kind")),
        sa.CheckConstraint("only_row", name=op.f("ck_deployment_one_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_deployment")),
    )


def _create_readings() -> None:
    _create(
        "economic_observations",
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "series", "observed_on", name=op.f("pk_economic_observations")),
    )
    _create(
        "news_articles",
        sa.Column("article_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("symbols", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_news_articles")),
        sa.UniqueConstraint("url", name=op.f("uq_news_articles_url")),
    )
    _index("news_articles", "published_at")
    _create(
        "api_keys",
        sa.Column("key_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
    )


def _create(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(table, *columns, schema="market")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), schema="market")


def _of_instrument(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_instrument_id")
    return sa.ForeignKeyConstraint(["instrument_id"], ["market.instruments.instrument_id"], name=name)


def _candle_values() -> list[sa.Column[Any]]:
    return [
        sa.Column("open", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("volume", sa.Double(), nullable=True),
        sa.Column("vwap", sa.Double(), nullable=True),
        sa.Column("trade_count", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("basis", sa.Text(collation="C"), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
    ]
