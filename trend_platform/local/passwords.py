"""Passwords of the local services: made once, kept in a file for our own eyes."""

import secrets
from dataclasses import dataclass

from pydantic import SecretStr

from trend_platform.local.home import Home

_NOTE = "passwords"


@dataclass(frozen=True, slots=True)
class Passwords:
    """One password per door.

    Attributes:
        superuser: Of the database server's superuser; only `up` uses it.
        application: Of the role the platform works as.
        redis: Of the local Valkey.
    """

    superuser: SecretStr
    application: SecretStr
    redis: SecretStr


def known(home: Home) -> Passwords | None:
    """Return the passwords of this home, or `None` before the first `up`."""
    facts = home.recall(_NOTE)
    try:
        return Passwords(*(SecretStr(facts[name]) for name in ("superuser", "application", "redis")))
    except KeyError:
        return None


def ensure(home: Home) -> Passwords:
    """Return the passwords of this home, making them at the first call."""
    found = known(home)
    if found is not None:
        return found
    home.remember(_NOTE, {name: secrets.token_urlsafe(24) for name in ("superuser", "application", "redis")})
    return ensure(home)
