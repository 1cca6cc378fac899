"""Tables of what is derived from candles or done to repair them: rolled-up candles, windows to roll up anew, repairs."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.columns import candle_values, code, instant
from trend_platform.storage.timescale.schema import metadata


def _rolled_table(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("instrument_id", Integer, primary_key=True, autoincrement=False),
        code("timeframe", primary_key=True),
        Column("opened_at", DateTime(timezone=True), primary_key=True),
        *candle_values(),
        code("source"),
        Column("parts", Integer, nullable=False),
        Column("expected", Integer, nullable=False),
        Column("is_complete", Boolean, nullable=False),
        CheckConstraint("parts > 0", name="parts"),
        Index(None, "instrument_id", postgresql_where=text("NOT is_final")),
    )


rolled_daily = _rolled_table("rolled_daily")
rolled_intraday = _rolled_table("rolled_intraday")

rollup_touched = Table(
    "rollup_touched",
    metadata,
    Column("touched_id", BigInteger, Identity(), primary_key=True),
    Column("instrument_id", Integer, nullable=False),
    code("timeframe"),
    instant("start_at"),
    instant("end_at"),
    Column("run_id", BigInteger, nullable=False),
    CheckConstraint("start_at < end_at", name="interval"),
    Index(None, "instrument_id", "timeframe", "start_at"),
)

repairs = Table(
    "repairs",
    metadata,
    Column("repair_id", BigInteger, Identity(), primary_key=True),
    code("state"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    instant("undone_at", nullable=True),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("plan", JSON, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'failed', 'undone')", name="state"),
)

repair_rows = Table(
    "repair_rows",
    metadata,
    Column("repair_id", BigInteger, primary_key=True, autoincrement=False),
    Column("instrument_id", Integer, primary_key=True, autoincrement=False),
    code("timeframe", primary_key=True),
    Column("opened_at", DateTime(timezone=True), primary_key=True),
    code("change"),
    Column("before", Text, nullable=True),
    Column("run_id", BigInteger, nullable=False),
    instant("fetched_at"),
    CheckConstraint("change IN ('inserted', 'corrected')", name="change"),
)

repair_ledgers = Table(
    "repair_ledgers",
    metadata,
    Column("change_id", BigInteger, Identity(), primary_key=True),
    Column("repair_id", BigInteger, nullable=False),
    Column("instrument_id", Integer, nullable=False),
    code("timeframe"),
    Column("removed", Text, nullable=False),
    Column("added", Text, nullable=False),
    Index(None, "repair_id"),
)


def rolled_table(timeframe: Timeframe) -> Table:
    """Return the table that holds rolled-up candles of `timeframe`."""
    return rolled_intraday if timeframe.is_intraday else rolled_daily
