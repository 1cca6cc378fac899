"""Bringing a database to the schema of this version, and telling whether it is there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, func, select
from sqlalchemy.schema import CreateSchema

from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.database import connect
from trend_platform.storage.timescale.deployment import settle_price_kind
from trend_platform.storage.timescale.features import Features, extension_version, features
from trend_platform.storage.timescale.hypertables import ensure_extension, ensure_hypertables
from trend_platform.storage.timescale.tables import SCHEMA

VERSION_TABLE: Final = "schema_version"

_MIGRATING: Final = 0x7E4D0001 << 32


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did.

    Attributes:
        applied: Revisions that were applied, oldest first; none if the schema was current.
        hypertables: Tables that became hypertables.
        features: What the database can do now.
    """

    applied: tuple[str, ...]
    hypertables: tuple[str, ...]
    features: Features


def migrate(url: SecretStr | str, kind: PriceKind) -> Migrated:
    """Bring the database to the newest schema; safe to repeat, and from several processes at once.

    Args:
        url: `postgresql://...` of a role that owns the database.
        kind: Which prices it is to hold.

    Raises:
        UnavailableError: The database does not answer or gives the role too few rights.
        SimulatedDataRefused: The database holds the other kind of prices.
    """
    database = connect(url)
    try:
        ensure_extension(database)
        with database.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
            _ensure_schema(connection)
            applied = pending(connection)
            command.upgrade(_config(connection), "head")
            settle_price_kind(connection, kind)
            has_extension = extension_version(connection) is not None
            changed = ensure_hypertables(connection) if has_extension else ()
        return Migrated(applied, changed, features(database))
    finally:
        database.close()


def pending(connection: Connection) -> tuple[str, ...]:
    """Return the revisions that the database lacks, oldest first."""
    context = MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE, "version_table_schema": SCHEMA}
    )
    script = ScriptDirectory.from_config(_config(connection))
    current = context.get_current_revision() or "base"
    return tuple(reversed([revision.revision for revision in script.iterate_revisions("head", current)]))


def pending_at(url: SecretStr | str) -> tuple[str, ...]:
    """Return the revisions that the database at `url` lacks, oldest first.

    Raises:
        UnavailableError: The database does not answer.
    """
    database = connect(url)
    try:
        with database.begin() as connection:
            return pending(connection)
    finally:
        database.close()


def _ensure_schema(connection: Connection) -> None:
    # Looked up first: a role may own the schema without the right to create one.
    if connection.scalar(select(func.to_regnamespace(SCHEMA))) is None:
        connection.execute(CreateSchema(SCHEMA))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
