"""What this server can do beyond plain PostgreSQL, found out by asking it."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import SCHEMA


@dataclass(frozen=True, slots=True)
class Features:
    """The abilities of one database.

    Attributes:
        server: PostgreSQL's version, such as `17.2`.
        timescaledb: Version of the extension, `None` where it is missing.
        licence: `timescale` (compression, continuous aggregates, retention policies) or `apache`; `None` without extension.
        hypertables: Names of the market's tables that are hypertables.
    """

    server: str
    timescaledb: str | None
    licence: str | None
    hypertables: tuple[str, ...]

    @property
    def is_community(self) -> bool:
        """Whether the licence allows compression, continuous aggregates and policies."""
        return self.licence == "timescale"

    def __str__(self) -> str:
        if self.timescaledb is None:
            return f"PostgreSQL {self.server}, plain tables (no TimescaleDB extension)"
        tables = ", ".join(self.hypertables) or "none"
        return f"PostgreSQL {self.server}, TimescaleDB {self.timescaledb} ({self.licence}), hypertables: {tables}"


def features(database: Database) -> Features:
    """Ask a database what it can do.

    Raises:
        UnavailableError: The database does not answer.
    """
    with database.begin() as connection:
        return Features(
            server=str(connection.scalar(text("SHOW server_version"))).split()[0],
            timescaledb=extension_version(connection),
            licence=connection.scalar(text("SELECT current_setting('timescaledb.license', true)")) or None,
            hypertables=hypertables(connection),
        )


def extension_version(connection: Connection) -> str | None:
    """Return the version of the TimescaleDB extension in this database, `None` where it is missing."""
    version = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"))
    return None if version is None else str(version)


def hypertables(connection: Connection) -> tuple[str, ...]:
    """Return which of the market's tables are hypertables, by name."""
    if extension_version(connection) is None:
        return ()
    wanted = text(
        "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE hypertable_schema = :schema ORDER BY 1"
    )
    return tuple(str(name) for name in connection.scalars(wanted, {"schema": SCHEMA}))
