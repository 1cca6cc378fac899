"""Make room for the minute loop: the overview, incidents, quotes that know the close before and are found by time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_overview()
    _create_incidents()
    op.add_column("quotes", sa.Column("previous_close", sa.Double(), nullable=True), schema="market")
    # The newest quote of an instrument, whoever gave it, is then the last entry of this index: no other one is needed.
    _order_key_of_quotes("instrument_id", "quoted_at", "provider")


def downgrade() -> None:
    _order_key_of_quotes("instrument_id", "provider", "quoted_at")
    op.drop_column("quotes", "previous_close", schema="market")
    op.drop_table("incidents", schema="market")
    op.drop_table("overview", schema="market")


def _create_overview() -> None:
    op.create_table(
        "overview",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["market.instruments.instrument_id"], name=op.f("fk_overview_instrument_id")
        ),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_overview")),
        schema="market",
    )


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("closed_at >= opened_at", name=op.f("ck_incidents_interval")),
        sa.PrimaryKeyConstraint("key", "opened_at", name=op.f("pk_incidents")),
        schema="market",
    )


def _order_key_of_quotes(*columns: str) -> None:
    op.drop_constraint("pk_quotes", "quotes", schema="market", type_="primary")
    op.create_primary_key("pk_quotes", "quotes", list(columns), schema="market")
