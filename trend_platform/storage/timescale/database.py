"""One database as a pool of connections: opening, units of work, closing.

What is read and written lives in the other modules. Importing this opens nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import psycopg
from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from trend_platform.errors import ConfigurationError
from trend_platform.storage.timescale.failures import explained

_CONNECT_TIMEOUT_SECONDS = 10
_POOL_SIZE = 8


@dataclass(frozen=True, slots=True)
class Database:
    """A pool of connections to one database; usable from several threads.

    Attributes:
        engine: The pool.
        place: `host:port/name`, for messages.
    """

    engine: Engine
    place: str

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Lend a connection for one transaction: leaving commits, an exception rolls back.

        Raises:
            UnavailableError: The database does not answer, is not migrated, is full, or refuses the role.
        """
        with explained(self.place), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def connect(url: SecretStr | str) -> Database:
    """Make the pool for a `postgresql://` URL; nothing is opened yet.

    Raises:
        ConfigurationError: The URL is none of a PostgreSQL database.
    """
    address = _address(url.get_secret_value() if isinstance(url, SecretStr) else url)
    engine = create_engine(
        address,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_SECONDS, "application_name": "trend"},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _speak_utc)
    return Database(engine, f"{address.host or 'local socket'}:{address.port or 5432}/{address.database or ''}")


def driver(connection: Connection) -> psycopg.Connection:
    """Return psycopg's own connection under SQLAlchemy's, for COPY and binary results."""
    return cast("psycopg.Connection", connection.connection.driver_connection)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold a password.
        raise ConfigurationError(
            "the database URL cannot be read; expected postgresql://user:password@host:port/name in TREND_DATABASE_URL"
        ) from None
    if address.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            f"the database URL is one of {address.get_backend_name()!r}; expected postgresql://... in TREND_DATABASE_URL"
        )
    return address.set(drivername="postgresql+psycopg")


def _speak_utc(connection: psycopg.Connection, _record: object) -> None:
    connection.execute("SET timezone TO 'UTC'")
    connection.commit()
