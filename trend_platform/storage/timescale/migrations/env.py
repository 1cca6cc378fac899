"""Alembic's entry: runs on the connection that `migrate` hands over, inside its transaction."""

from alembic import context

from trend_platform.storage.timescale.migrate import VERSION_TABLE
from trend_platform.storage.timescale.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
context.run_migrations()
