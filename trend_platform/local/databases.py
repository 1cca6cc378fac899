"""Databases and roles: what must exist in a server before migrations can run, ours or somebody else's.

What does not belong here: schemas and tables.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql
from pydantic import SecretStr


def ensure_role(admin_url: SecretStr, role: str, password: SecretStr) -> None:
    """Create a login role without any special right, or set its password.

    Args:
        admin_url: A database of the server, as a role that may create roles.
        role: Its name.
        password: What it logs in with.
    """
    with psycopg.connect(admin_url.get_secret_value(), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        verb = sql.SQL("ALTER" if known else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                verb, sql.Identifier(role), sql.Literal(password.get_secret_value())
            )
        )


def ensure_database(admin_url: SecretStr, name: str, owner: str | None = None) -> bool:
    """Create a database unless it exists.

    Args:
        admin_url: A database of the same server, as a role that may create databases.
        name: Its name.
        owner: Role that gets it; `None` is the role that asks.

    Returns:
        Whether it had to be created.
    """
    with psycopg.connect(admin_url.get_secret_value(), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return False
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if owner is not None:
            statement = sql.SQL("{} OWNER {}").format(statement, sql.Identifier(owner))
        connection.execute(statement)
        return True


def ensure_timescaledb(url: SecretStr) -> None:
    """Create the TimescaleDB extension in a database; needs a superuser, or a role it trusts.

    Args:
        url: The database.
    """
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


@dataclass(frozen=True, slots=True)
class Extension:
    """What a database says about TimescaleDB.

    Attributes:
        installed: Version created in this database, or `None`.
        available: Version the server could create, or `None`.
    """

    installed: str | None
    available: str | None


def timescaledb(url: SecretStr) -> Extension:
    """Ask a database whether it has the TimescaleDB extension, or could have it."""
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        row = connection.execute(
            "SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'timescaledb'"
        ).fetchone()
    return Extension(*row) if row else Extension(None, None)
