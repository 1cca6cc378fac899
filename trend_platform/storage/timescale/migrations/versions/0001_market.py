"""Create the schema `market`: instruments, candles, coverage and what stands beside them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_VIEW = """
CREATE VIEW market.candles AS
SELECT {columns} FROM market.candles_daily UNION ALL SELECT {columns} FROM market.candles_intraday
"""
_COLUMNS = (
    "instrument_id, timeframe, opened_at, open, high, low, close, volume, vwap, trade_count, "
    "provider, basis, is_final, fetched_at"
)


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
    op.execute(_VIEW.format(columns=_COLUMNS))


def downgrade() -> None:
    op.execute("DROP VIEW market.candles")
    for table in (
        "api_keys",
        "news_articles",
        "economic_observations",
        "deployment",
        "data_quality_metrics",
        "ingest_runs",
        "quarantine",
        "coverage_gaps",
        "coverage_spans",
        "quotes",
        "candle_revisions",
        "candles_intraday",
        "candles_daily",
        "corporate_actions",
        "portfolios",
        "watchlists",
        "provider_symbols",
        "instruments",
    ):
        op.drop_table(table, schema="market")


def _create_instruments() -> None:
    op.create_table(
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
        schema="market",
    )
    op.create_table(
        "provider_symbols",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_provider_symbols_instrument_id")
        ),
        sa.PrimaryKeyConstraint("instrument_id", "provider", name=op.f("pk_provider_symbols")),
        schema="market",
    )


def _create_groups_of_instruments() -> None:
    op.create_table(
        "watchlists",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_watchlists_instrument_id")
        ),
        sa.PrimaryKeyConstraint("name", "instrument_id", name=op.f("pk_watchlists")),
        schema="market",
    )
    op.create_table(
        "portfolios",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_portfolios_instrument_id")
        ),
        sa.PrimaryKeyConstraint("name", "instrument_id", name=op.f("pk_portfolios")),
        schema="market",
    )
    op.create_table(
        "corporate_actions",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("ex_date", sa.Date(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=True),
        sa.Column("amount", sa.Double(), nullable=True),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("kind <> 'split' OR ratio > 0", name=op.f("ck_corporate_actions_split_ratio")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_corporate_actions_instrument_id")
        ),
        sa.PrimaryKeyConstraint("instrument_id", "kind", "ex_date", name=op.f("pk_corporate_actions")),
        schema="market",
    )


def _create_candles() -> None:
    op.create_table(
        "candles_daily",
        sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
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
        sa.CheckConstraint(
            "low > '-infinity' AND low <= high AND high < 'infinity'", name=op.f("ck_candles_daily_low_to_high")
        ),
        sa.CheckConstraint("volume >= 0 AND volume < 'infinity'", name=op.f("ck_candles_daily_volume")),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "opened_at", name=op.f("pk_candles_daily")),
        schema="market",
    )
    op.create_table(
        "candles_intraday",
        sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
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
        sa.CheckConstraint(
            "low > '-infinity' AND low <= high AND high < 'infinity'", name=op.f("ck_candles_intraday_low_to_high")
        ),
        sa.CheckConstraint("volume >= 0 AND volume < 'infinity'", name=op.f("ck_candles_intraday_volume")),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "opened_at", name=op.f("pk_candles_intraday")),
        schema="market",
    )


def _create_revisions() -> None:
    op.create_table(
        "candle_revisions",
        sa.Column("revision_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
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
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_candle_revisions")),
        schema="market",
    )
    op.create_index(
        op.f("ix_candle_revisions_instrument_id_timeframe_opened_at"),
        "candle_revisions",
        ["instrument_id", "timeframe", "opened_at"],
        unique=False,
        schema="market",
    )


def _create_quotes() -> None:
    op.create_table(
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
        schema="market",
    )


def _create_coverage() -> None:
    op.create_table(
        "coverage_spans",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("start_at < end_at", name=op.f("ck_coverage_spans_interval")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_coverage_spans_instrument_id")
        ),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "start_at", name=op.f("pk_coverage_spans")),
        schema="market",
    )
    op.create_table(
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
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_coverage_gaps_instrument_id")
        ),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "start_at", name=op.f("pk_coverage_gaps")),
        schema="market",
    )


def _create_quarantine() -> None:
    op.create_table(
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
        schema="market",
    )
    op.create_index(
        op.f("ix_quarantine_instrument_id_timeframe_opened_at"),
        "quarantine",
        ["instrument_id", "timeframe", "opened_at"],
        unique=False,
        schema="market",
    )


def _create_records() -> None:
    op.create_table(
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
        schema="market",
    )
    op.create_table(
        "data_quality_metrics",
        sa.Column("metric_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=True),
        sa.Column("metric", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_data_quality_metrics_instrument_id")
        ),
        sa.PrimaryKeyConstraint("metric_id", name=op.f("pk_data_quality_metrics")),
        schema="market",
    )
    op.create_index(
        op.f("ix_data_quality_metrics_metric_measured_at"),
        "data_quality_metrics",
        ["metric", "measured_at"],
        unique=False,
        schema="market",
    )
    op.create_table(
        "deployment",
        sa.Column("only_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("price_kind", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("price_kind IN ('real', 'simulated')", name=op.f("ck_deployment_price_kind")),
        sa.CheckConstraint("only_row", name=op.f("ck_deployment_one_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_deployment")),
        schema="market",
    )


def _create_readings() -> None:
    op.create_table(
        "economic_observations",
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "series", "observed_on", name=op.f("pk_economic_observations")),
        schema="market",
    )
    op.create_table(
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
        schema="market",
    )
    op.create_index(
        op.f("ix_news_articles_published_at"), "news_articles", ["published_at"], unique=False, schema="market"
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
        schema="market",
    )
