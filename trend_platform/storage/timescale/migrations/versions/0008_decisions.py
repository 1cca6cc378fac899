"""Let people decide about what was set aside, and keep measurements of single days, the last one of each."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("decision", sa.Text(collation="C"), nullable=True), schema="market")
    op.add_column("quarantine", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True), schema="market")
    op.create_check_constraint(
        op.f("ck_quarantine_decision"), "quarantine", "decision IN ('released', 'dropped')", schema="market"
    )
    op.add_column("data_quality_metrics", sa.Column("day", sa.Date(), nullable=True), schema="market")
    op.create_index(
        op.f("ix_data_quality_metrics_metric_instrument_id_timeframe_day"),
        "data_quality_metrics",
        ["metric", "instrument_id", "timeframe", "day"],
        unique=True,
        postgresql_where=sa.text("day IS NOT NULL"),
        schema="market",
    )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_data_quality_metrics_metric_instrument_id_timeframe_day"), "data_quality_metrics", schema="market"
    )
    op.drop_column("data_quality_metrics", "day", schema="market")
    op.drop_constraint(op.f("ck_quarantine_decision"), "quarantine", schema="market")
    for name in ("decided_at", "decision"):
        op.drop_column("quarantine", name, schema="market")
