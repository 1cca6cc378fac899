"""Keep dividends, changes of symbol and delistings beside splits, and who said so when."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for column in (
        sa.Column("currency", sa.Text(collation="C"), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("corporate_actions", column, schema="market")


def downgrade() -> None:
    for name in ("fetched_at", "detail", "currency"):
        op.drop_column("corporate_actions", name, schema="market")
