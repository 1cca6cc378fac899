"""The tables of schema `market`: the one description that migrations, reads and writes go by.

Those of prices stand in `candle_tables`, those of economic series, news and posts in `reading_tables`. What makes tables
hypertables is in `hypertables`; how they come to be is in `migrations`. Every instant is `timestamptz`; every span is half open.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from trend_platform.domain.scores import SUMS
from trend_platform.storage.timescale.candle_tables import (
    candle_revisions,
    candle_table,
    candles_daily,
    candles_intraday,
    quotes,
)
from trend_platform.storage.timescale.columns import code, instant, instrument
from trend_platform.storage.timescale.proof_tables import (
    repair_ledgers,
    repair_rows,
    repairs,
    rolled_daily,
    rolled_intraday,
    rolled_table,
    rollup_touched,
)
from trend_platform.storage.timescale.reading_tables import (
    economic_observations,
    economic_series,
    news_articles,
    social_posts,
    spending,
)
from trend_platform.storage.timescale.schema import SCHEMA, metadata

__all__ = [
    "SCHEMA",
    "api_keys",
    "candle_revisions",
    "candle_table",
    "candles_daily",
    "candles_intraday",
    "corporate_actions",
    "coverage_gaps",
    "coverage_spans",
    "data_quality_metrics",
    "deployment",
    "economic_observations",
    "economic_series",
    "incidents",
    "ingest_runs",
    "instruments",
    "metadata",
    "news_articles",
    "overview",
    "portfolios",
    "provider_scores",
    "provider_symbols",
    "quarantine",
    "quotes",
    "repair_ledgers",
    "repair_rows",
    "repairs",
    "rolled_daily",
    "rolled_intraday",
    "rolled_table",
    "rollup_touched",
    "social_posts",
    "spending",
    "watchlists",
]


instruments = Table(
    "instruments",
    metadata,
    Column("instrument_id", Integer, Identity(), primary_key=True),
    Column("symbol", Text(collation="C"), nullable=False, unique=True),
    code("asset_class"),
    code("calendar"),
    Column("name", Text, nullable=False, server_default=""),
    Column("listed_on", Date),
    Column("delisted_on", Date),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("listed_on <= delisted_on", name="lifetime"),
)

provider_symbols = Table(
    "provider_symbols",
    metadata,
    instrument(primary_key=True),
    code("provider", primary_key=True),
    Column("symbol", Text, nullable=False),
)

watchlists = Table(
    "watchlists",
    metadata,
    Column("name", Text, primary_key=True),
    instrument(primary_key=True),
    Column("position", Integer, nullable=False, server_default="0"),
)

overview = Table(
    "overview",
    metadata,
    instrument(primary_key=True),
    Column("position", Integer, nullable=False),
)

portfolios = Table(
    "portfolios",
    metadata,
    Column("name", Text, primary_key=True),
    instrument(primary_key=True),
    Column("quantity", Double, nullable=False),
    Column("cost", Double),
)

corporate_actions = Table(
    "corporate_actions",
    metadata,
    instrument(primary_key=True),
    code("kind", primary_key=True),
    Column("ex_date", Date, primary_key=True),
    Column("ratio", Double),
    Column("amount", Double),
    code("provider"),
    Column("currency", Text(collation="C")),
    Column("detail", Text, nullable=False, server_default=""),
    instant("fetched_at", nullable=True),
    CheckConstraint("kind <> 'split' OR ratio > 0", name="split_ratio"),
)

coverage_spans = Table(
    "coverage_spans",
    metadata,
    instrument(primary_key=True),
    code("timeframe", primary_key=True),
    Column("start_at", DateTime(timezone=True), primary_key=True),
    instant("end_at"),
    code("provider"),
    instant("asked_at"),
    CheckConstraint("start_at < end_at", name="interval"),
)

coverage_gaps = Table(
    "coverage_gaps",
    metadata,
    instrument(primary_key=True),
    code("timeframe", primary_key=True),
    Column("start_at", DateTime(timezone=True), primary_key=True),
    instant("end_at"),
    Column("missing", Integer, nullable=False),
    code("reason"),
    code("provider"),
    Column("evidence", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("first_seen_at"),
    instant("last_checked_at"),
    instant("next_check_at"),
    Column("is_believed", Boolean, nullable=False),
    CheckConstraint("start_at < end_at", name="interval"),
    CheckConstraint("missing > 0", name="missing"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", BigInteger, Identity(), primary_key=True),
    Column("instrument_id", Integer),
    Column("timeframe", Text(collation="C")),
    instant("opened_at", nullable=True),
    code("provider"),
    code("rule"),
    Column("reason", Text, nullable=False),
    Column("payload", Text, nullable=False),
    instant("fetched_at"),
    Column("run_id", BigInteger, nullable=False),
    Column("fingerprint", Text(collation="C"), nullable=False, unique=True),
    Column("decision", Text(collation="C")),
    instant("decided_at", nullable=True),
    CheckConstraint("decision IN ('released', 'dropped')", name="decision"),
    Index(None, "instrument_id", "timeframe", "opened_at"),
)

ingest_runs = Table(
    "ingest_runs",
    metadata,
    Column("run_id", BigInteger, Identity(), primary_key=True),
    code("kind"),
    code("status"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    Column("plan", JSON, nullable=False),
    Column("outcome", JSON),
    CheckConstraint("status IN ('running', 'done', 'failed')", name="status"),
)

incidents = Table(
    "incidents",
    metadata,
    code("key", primary_key=True),
    Column("opened_at", DateTime(timezone=True), primary_key=True),
    Column("summary", Text, nullable=False),
    instant("last_seen_at"),
    instant("closed_at", nullable=True),
    instant("told_at", nullable=True),
    CheckConstraint("closed_at >= opened_at", name="interval"),
)

provider_scores = Table(
    "provider_scores",
    metadata,
    code("provider", primary_key=True),
    code("capability", primary_key=True),
    code("asset_class", primary_key=True),
    instant("counted_at"),
    *(Column(name, Double, nullable=False) for name in SUMS),
    Column("latencies", ARRAY(Double), nullable=False),
    Column("last_error", Text, nullable=False),
    instant("failed_at", nullable=True),
    instant("served_at", nullable=True),
)

data_quality_metrics = Table(
    "data_quality_metrics",
    metadata,
    Column("metric_id", BigInteger, Identity(), primary_key=True),
    instant("measured_at"),
    Column("instrument_id", Integer, ForeignKey("instruments.instrument_id")),
    Column("timeframe", Text(collation="C")),
    code("metric"),
    Column("value", Double, nullable=False),
    Column("details", JSONB),
    Column("day", Date),
    Index(None, "metric", "measured_at"),
    Index(None, "metric", "instrument_id", "timeframe", "day", unique=True, postgresql_where=text("day IS NOT NULL")),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", Text(collation="C"), nullable=False, unique=True),
    instant("created_at"),
    instant("revoked_at", nullable=True),
)

deployment = Table(
    "deployment",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default=text("true")),
    code("price_kind"),
    CheckConstraint("only_row", name="one_row"),
    CheckConstraint("price_kind IN ('real', 'simulated')", name="price_kind"),
)
