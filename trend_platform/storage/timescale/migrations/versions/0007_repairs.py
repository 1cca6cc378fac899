"""Keep what a repair changed, so that it can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "repairs",
        sa.Column("repair_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(collation="C"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("plan", JSON(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'undone')", name=op.f("ck_repairs_state")),
        sa.PrimaryKeyConstraint("repair_id", name=op.f("pk_repairs")),
        schema="market",
    )
    op.create_table(
        "repair_rows",
        sa.Column("repair_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change", sa.Text(collation="C"), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("change IN ('inserted', 'corrected')", name=op.f("ck_repair_rows_change")),
        sa.PrimaryKeyConstraint("repair_id", "instrument_id", "timeframe", "opened_at", name=op.f("pk_repair_rows")),
        schema="market",
    )
    op.create_table(
        "repair_ledgers",
        sa.Column("change_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("repair_id", sa.BigInteger(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_repair_ledgers")),
        schema="market",
    )
    op.create_index(op.f("ix_repair_ledgers_repair_id"), "repair_ledgers", ["repair_id"], schema="market")


def downgrade() -> None:
    for table in ("repair_ledgers", "repair_rows", "repairs"):
        op.drop_table(table, schema="market")
