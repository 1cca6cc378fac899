"""The tables of schema `market`: the one description that migrations, reads and writes go by.

What makes tables hypertables is in `hypertables`; how they come to be is in `migrations`. Every instant is
`timestamptz`; every span is half open. Candles carry no foreign key: it would cost one look-up per row of a COPY.
"""

from typing import Final

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
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.columns import candle_values, code, instant, instrument

SCHEMA: Final = "market"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _candle_table(name: str) -> Table:
    # NaN is greater than infinity in PostgreSQL, so that an upper bound keeps it out as well.
    return Table(
        name,
        metadata,
        Column("instrument_id", Integer, primary_key=True, autoincrement=False),
        code("timeframe", primary_key=True),
        Column("opened_at", DateTime(timezone=True), primary_key=True),
        *candle_values(),
        CheckConstraint("low > '-infinity' AND low <= high AND high < 'infinity'", name="low_to_high"),
        CheckConstraint("volume >= 0 AND volume < 'infinity'", name="volume"),
    )


candles_daily = _candle_table("candles_daily")
candles_intraday = _candle_table("candles_intraday")

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

candle_revisions = Table(
    "candle_revisions",
    metadata,
    Column("revision_id", BigInteger, Identity(), primary_key=True),
    Column("instrument_id", Integer, nullable=False),
    code("timeframe"),
    instant("opened_at"),
    *candle_values(),
    instant("revised_at"),
    Column("run_id", BigInteger, nullable=False),
    Index(None, "instrument_id", "timeframe", "opened_at"),
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
    Index(None, "metric", "measured_at"),
)

economic_observations = Table(
    "economic_observations",
    metadata,
    code("provider", primary_key=True),
    code("series", primary_key=True),
    Column("observed_on", Date, primary_key=True),
    Column("value", Double),
    instant("fetched_at"),
)

news_articles = Table(
    "news_articles",
    metadata,
    Column("article_id", BigInteger, Identity(), primary_key=True),
    code("provider"),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("symbols", ARRAY(Text), nullable=False, server_default="{}"),
    instant("published_at"),
    instant("fetched_at"),
    UniqueConstraint("url"),
    Index(None, "published_at"),
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

quotes = Table(
    "quotes",
    metadata,
    Column("instrument_id", Integer, primary_key=True, autoincrement=False),
    Column("quoted_at", DateTime(timezone=True), primary_key=True),
    code("provider", primary_key=True),
    Column("price", Double, nullable=False),
    Column("previous_close", Double),
    Column("bid", Double),
    Column("ask", Double),
    Column("size", Double),
    instant("fetched_at"),
    CheckConstraint("price > '-infinity' AND price < 'infinity'", name="price"),
)

deployment = Table(
    "deployment",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default=text("true")),
    code("price_kind"),
    CheckConstraint("only_row", name="one_row"),
    CheckConstraint("price_kind IN ('real', 'simulated')", name="price_kind"),
)


def candle_table(timeframe: Timeframe) -> Table:
    """Return the table that holds candles of `timeframe`."""
    return candles_intraday if timeframe.is_intraday else candles_daily
