"""Which tables are hypertables, and making them so where the extension is there.

This is no migration: a database may get the extension long after its tables.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.features import extension_version, hypertables
from trend_platform.storage.timescale.tables import SCHEMA

# A MAX range reaches back 60 years: with chunks of years it opens tens of chunks, with chunks of days 20,000.
CHUNKS: Final = {
    "candles_daily": ("opened_at", timedelta(days=5 * 365)),
    "candles_intraday": ("opened_at", timedelta(days=7)),
    "rolled_daily": ("opened_at", timedelta(days=5 * 365)),
    "rolled_intraday": ("opened_at", timedelta(days=7)),
    "quotes": ("quoted_at", timedelta(days=1)),
}

# No default index: it would be one more to maintain, and every reader comes with an instrument.
_CREATE: Final = text(
    "SELECT create_hypertable(CAST(:name AS regclass), :column, chunk_time_interval => :length, "
    "create_default_indexes => false, migrate_data => true)"
)


def ensure_extension(database: Database) -> bool:
    """Create the extension where the server has it and the role may; return whether it is there now."""
    with database.begin() as connection:
        if extension_version(connection) is not None:
            return True
        wanted = text("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'")
        if connection.scalar(wanted) is None:
            return False
    try:
        # On a connection of its own: a server that has not preloaded the library ends the session that asks.
        with database.engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
    except DBAPIError:
        return False
    return True


def ensure_hypertables(connection: Connection) -> tuple[str, ...]:
    """Make the tables hypertables that are not yet, rows included; return their names."""
    missing = tuple(name for name in CHUNKS if name not in hypertables(connection))
    for name in missing:
        column, length = CHUNKS[name]
        connection.execute(_CREATE, {"name": f"{SCHEMA}.{name}", "column": column, "length": length})
    return missing
