"""What a failure of the database means to a person: which ones have a remedy, and the words for it.

Faults of this platform's own statements are not translated: they are bugs and keep their traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError

from trend_platform.errors import UnavailableError

# PostgreSQL's error codes (its manual, appendix A): what was found and what to do about it.
_BY_CODE: Final = {
    "28P01": "refuses the password: correct it in TREND_DATABASE_URL",
    "28000": "refuses this role: correct the user in TREND_DATABASE_URL or allow it in the server's pg_hba.conf",
    "3D000": "has no such database: create it or correct its name in TREND_DATABASE_URL",
    "3F000": "is not migrated: run `trend db migrate`",
    "42P01": "is not migrated: run `trend db migrate`",
    "42703": "is not migrated to this version: run `trend db migrate`",
    "42501": "gives this role too few rights: let the role own the database",
    "53100": "has no disk space left; nothing of this batch was stored: free some space and run it again",
    "53300": "has no connection left: close some clients or raise max_connections",
    "25006": "is read-only: use the primary server",
    "57P01": "was shut down; nothing of this batch was stored: start it and run it again",
    "57P02": "crashed; nothing of this batch was stored: start it and run it again",
    "57P03": "is starting or stopping: wait a moment and run it again",
}

# A connection that fails has no code, only libpq's words.
_BY_WORDS: Final = (
    ("password authentication failed", _BY_CODE["28P01"]),
    ("no password supplied", _BY_CODE["28P01"]),
    ("no pg_hba.conf entry", _BY_CODE["28000"]),
    ("database", "does not exist", _BY_CODE["3D000"]),
    ("role", "does not exist", _BY_CODE["28000"]),
    ("too many clients", _BY_CODE["53300"]),
    ("remaining connection slots", _BY_CODE["53300"]),
    ("starting up", _BY_CODE["57P03"]),
    ("shutting down", _BY_CODE["57P03"]),
    ("refused", "refuses connections: start it with `trend up`, or correct TREND_DATABASE_URL"),
    ("resolve", "has a host name that cannot be resolved: correct TREND_DATABASE_URL"),
    ("translate host name", "has a host name that cannot be resolved: correct TREND_DATABASE_URL"),
    ("timeout", "did not answer in time: check host, port and firewall of TREND_DATABASE_URL"),
    ("timed out", "did not answer in time: check host, port and firewall of TREND_DATABASE_URL"),
)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn the database's failures inside the context into `UnavailableError` where there is a remedy.

    Args:
        place: The database as a person knows it, `host:port/name`; no password.

    Raises:
        UnavailableError: The database does not answer, is not migrated, is full, or refuses the role.
    """
    try:
        yield
    except DBAPIError as error:
        cause = error.orig
        remedy = _remedy(cause) if isinstance(cause, psycopg.Error) else None
        if remedy is None:
            raise
        raise UnavailableError(f"the database {place} {remedy}") from None
    except psycopg.Error as error:
        remedy = _remedy(error)
        if remedy is None:
            raise
        raise UnavailableError(f"the database {place} {remedy}") from None


def _remedy(error: psycopg.Error) -> str | None:
    if error.sqlstate in _BY_CODE:
        return _BY_CODE[error.sqlstate]
    if not isinstance(error, psycopg.OperationalError) or (error.sqlstate and not error.sqlstate.startswith("08")):
        return None
    words = str(error).lower()
    for *signs, remedy in _BY_WORDS:
        if all(sign in words for sign in signs):
            return remedy
    return "does not answer or broke off; nothing of this batch was stored: check that it runs, then run it again"
