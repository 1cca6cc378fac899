"""Servers that somebody else runs: whether they serve, what they lack, and what to do about it, in words.

What does not belong here: anything this machine starts.
"""

import re
from collections.abc import Callable, Sequence

import psycopg
import redis
from psycopg import errors as pg
from pydantic import SecretStr

from trend_platform.errors import ConfigurationError, TrendError, UnavailableError
from trend_platform.local import databases, urls
from trend_platform.local.connections import Connections

_PATIENCE_SECONDS = 10
# Where one may stand while creating a database; the second is there even if the first was dropped.
_DOORS = ("postgres", "template1")


def prepare_database(found: Connections, say: Callable[[str], None]) -> str:
    """Have the databases this mode needs on somebody else's server.

    Args:
        found: The URLs in force.
        say: Gets sentences for the user, such as that there is no TimescaleDB.

    Returns:
        What was found, for the user.

    Raises:
        UnavailableError: The server does not answer, or the role may not create what is missing.
        ConfigurationError: The URL leads to something else, or its credentials are refused.
    """
    wanted = (found.database_url, found.dagster_database_url)
    missing = [url for url in wanted if not _exists(url)]
    if missing:
        _create(missing)
    version = _version(found.database_url)
    name = urls.address(found.database_url)
    return f"outside server {name}: PostgreSQL {version}, {_extension(found.database_url, say)}"


def check_redis(url: SecretStr) -> str:
    """Ask somebody else's Redis or Valkey whether it serves.

    Returns:
        What was found, for the user.

    Raises:
        UnavailableError: It does not answer.
        ConfigurationError: It refuses the credentials, or is none.
    """
    place = urls.address(url)
    try:
        with redis.Redis.from_url(url.get_secret_value(), socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.exceptions.AuthenticationError, redis.exceptions.ResponseError) as error:
        raise ConfigurationError(
            f"TREND_REDIS_URL: the server at {place} refuses it ({error}): check password and number"
        ) from None
    except redis.exceptions.InvalidResponse:
        raise ConfigurationError(f"TREND_REDIS_URL: what listens at {place} is no Redis") from None
    except redis.exceptions.RedisError as error:
        raise UnavailableError(
            f"TREND_REDIS_URL: no Redis answers at {place} ({_plain(error)}): start that server, correct the URL, "
            "or unset it to use a local one"
        ) from None
    return f"outside server {place}"


def explain(url: SecretStr, error: psycopg.Error) -> TrendError:
    """Return what a failed connection means and what to do, without the password."""
    place, said = urls.address(url), str(error)
    if isinstance(error, pg.InvalidPassword) or re.search(
        r"authentication failed|no password supplied|role .* does not exist", said
    ):
        return ConfigurationError(f"TREND_DATABASE_URL: the server at {place} refuses user or password: correct them")
    if re.search(r"resolve|name or service not known|translate host name", said, re.IGNORECASE):
        return ConfigurationError(
            f"TREND_DATABASE_URL: no such host in {place}: correct the name, or the network's DNS"
        )
    if re.search(r"refused|timeout|timed out|unreachable|No such file", said):
        return UnavailableError(
            f"TREND_DATABASE_URL: no PostgreSQL answers at {place} ({_plain(error)}): start that server, correct the URL, "
            "or unset it to use a local one"
        )
    if re.search(r"SSL negotiation|expected authentication request|closed the connection unexpectedly", said):
        return ConfigurationError(f"TREND_DATABASE_URL: what listens at {place} does not speak PostgreSQL's language")
    return UnavailableError(f"TREND_DATABASE_URL: connecting to {place} failed: {_plain(error)}")


def _exists(url: SecretStr) -> bool:
    try:
        psycopg.connect(url.get_secret_value(), connect_timeout=_PATIENCE_SECONDS).close()
    except psycopg.OperationalError as error:
        if re.search(r'database ".*" does not exist', str(error)):
            return False
        raise explain(url, error) from None
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "TREND_DATABASE_URL is not understood: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        ) from None
    return True


def _create(missing: Sequence[SecretStr]) -> None:
    role = urls.user_of(missing[0])
    try:
        for url in missing:
            databases.ensure_database(_door(url), urls.database_of(url))
    except (psycopg.Error, UnavailableError) as error:
        statements = " ".join(f'CREATE DATABASE "{urls.database_of(url)}" OWNER "{role}";' for url in missing)
        raise UnavailableError(
            f"the server at {urls.address(missing[0])} lacks databases, and role {role} may not create them "
            f"({_plain(error)}). Run there as an administrator: {statements} "
            "and, for TimescaleDB, in each but Dagster's: CREATE EXTENSION timescaledb;"
        ) from None


def _door(url: SecretStr) -> SecretStr:
    for name in _DOORS:
        door = urls.with_database(url, name)
        if _exists(door):
            return door
    raise UnavailableError("no database of the server can be entered to create one")


def _version(url: SecretStr) -> str:
    with psycopg.connect(url.get_secret_value()) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else "of unknown version"


def _extension(url: SecretStr, say: Callable[[str], None]) -> str:
    found = databases.timescaledb(url)
    if found.installed is None and found.available is not None:
        try:
            databases.ensure_timescaledb(url)
        except psycopg.Error as error:
            say(
                f"plain tables: TimescaleDB is there, but this role may not create it ({_plain(error)}). To have it, run as "
                f"an administrator in database {urls.database_of(url)} before the first migration: CREATE EXTENSION timescaledb;"
            )
            return "plain tables"
        return f"TimescaleDB {found.available}"
    if found.installed is None:
        say("plain tables: this server has no TimescaleDB extension; everything works, large histories are slower")
        return "plain tables"
    return f"TimescaleDB {found.installed}"


def _plain(error: Exception) -> str:
    # libpq says what it tried, what happened, and then what to look at: the middle one is wanted.
    first = str(error).strip().partition("\n")[0]
    return first.rpartition(": ")[2].rstrip(".") or type(error).__name__
