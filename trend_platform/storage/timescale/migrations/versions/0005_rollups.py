"""Make room for rolled-up candles, and for the windows that have to be rolled up anew."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("rolled_daily", "rolled_intraday"):
        _create_rolled(table)
    op.create_table(
        "rollup_touched",
        sa.Column("touched_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("start_at < end_at", name=op.f("ck_rollup_touched_interval")),
        sa.PrimaryKeyConstraint("touched_id", name=op.f("pk_rollup_touched")),
        schema="market",
    )
    op.create_index(
        op.f("ix_rollup_touched_instrument_id_timeframe_start_at"),
        "rollup_touched",
        ["instrument_id", "timeframe", "start_at"],
        schema="market",
    )


def downgrade() -> None:
    for table in ("rollup_touched", "rolled_intraday", "rolled_daily"):
        op.drop_table(table, schema="market")


def _create_rolled(table: str) -> None:
    op.create_table(
        table,
        sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(price, sa.Double(), nullable=False) for price in ("open", "high", "low", "close")),
        sa.Column("volume", sa.Double(), nullable=True),
        sa.Column("vwap", sa.Double(), nullable=True),
        sa.Column("trade_count", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("basis", sa.Text(collation="C"), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.CheckConstraint("parts > 0", name=op.f(f"ck_{table}_parts")),
        sa.PrimaryKeyConstraint("instrument_id", "timeframe", "opened_at", name=op.f(f"pk_{table}")),
        schema="market",
    )
    op.create_index(
        op.f(f"ix_{table}_instrument_id"),
        table,
        ["instrument_id"],
        schema="market",
        postgresql_where=sa.text("NOT is_final"),
    )
