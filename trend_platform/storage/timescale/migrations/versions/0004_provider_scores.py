"""Keep how providers serve: faded sums by provider, capability and asset class."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"

_SUMS = (
    *("asked", "failed", "attempts", "limited", "expected", "missing", "quoted", "stale"),
    *("compared", "disagreed"),
)


def upgrade() -> None:
    op.create_table(
        "provider_scores",
        *(
            sa.Column(name, sa.Text(collation="C"), nullable=False)
            for name in ("provider", "capability", "asset_class")
        ),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in _SUMS),
        sa.Column("latencies", ARRAY(sa.Double()), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", "capability", "asset_class", name=op.f("pk_provider_scores")),
        schema="market",
    )


def downgrade() -> None:
    op.drop_table("provider_scores", schema="market")
