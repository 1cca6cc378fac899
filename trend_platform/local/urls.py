"""Reading and changing service URLs, and saying what is wrong with one without showing its password."""

from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from pydantic import SecretStr

from trend_platform.errors import ConfigurationError

_POSTGRES_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"})
_REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})


def check_database_url(url: SecretStr) -> SecretStr:
    """Return a database URL in the one form every library here takes.

    Raises:
        ConfigurationError: It is no PostgreSQL URL, or names no database.
    """
    parts = _split(url, "TREND_DATABASE_URL")
    expected = "expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    if parts.scheme not in _POSTGRES_SCHEMES:
        raise ConfigurationError(f"TREND_DATABASE_URL begins with {_scheme(parts)}: {expected}")
    if not parts.path.strip("/"):
        raise ConfigurationError(f"TREND_DATABASE_URL names no database: {expected}")
    return SecretStr(urlunsplit(parts._replace(scheme="postgresql")))


def check_redis_url(url: SecretStr) -> SecretStr:
    """Return a Redis URL.

    Raises:
        ConfigurationError: It is none.
    """
    parts = _split(url, "TREND_REDIS_URL")
    if parts.scheme not in _REDIS_SCHEMES:
        raise ConfigurationError(
            f"TREND_REDIS_URL begins with {_scheme(parts)}: expected redis://:PASSWORD@HOST:PORT/NUMBER"
        )
    index = parts.path.strip("/")
    if parts.scheme != "unix" and index and not index.isdigit():
        raise ConfigurationError(f"TREND_REDIS_URL ends in /{index}: expected the number of a database, such as /0")
    return url


def database_of(url: SecretStr) -> str:
    """Return the name of the database a URL names."""
    return unquote(urlsplit(url.get_secret_value()).path.strip("/"))


def user_of(url: SecretStr) -> str:
    """Return the user a URL names; empty if it names none."""
    return unquote(urlsplit(url.get_secret_value()).username or "")


def with_database(url: SecretStr, name: str) -> SecretStr:
    """Return the URL of another database of the same server."""
    return SecretStr(urlunsplit(urlsplit(url.get_secret_value())._replace(path=f"/{name}")))


def with_redis_index_moved(url: SecretStr, by: int) -> SecretStr:
    """Return the URL of the numbered database `by` places further."""
    parts = urlsplit(url.get_secret_value())
    if parts.scheme == "unix":
        raise ConfigurationError("TREND_REDIS_URL names a socket: simulated mode needs redis://HOST:PORT/NUMBER")
    index = int(parts.path.strip("/") or 0) + by
    return SecretStr(urlunsplit(parts._replace(path=f"/{index}")))


def address(url: SecretStr) -> str:
    """Return host, port and path of a URL: what may be shown."""
    parts = urlsplit(url.get_secret_value())
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or ''}{port}{parts.path}"


def _scheme(parts: SplitResult) -> str:
    return repr(f"{parts.scheme}:") if parts.scheme else "no scheme"


def _split(url: SecretStr, setting: str) -> SplitResult:
    try:
        parts = urlsplit(url.get_secret_value())
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise ConfigurationError(
            f"{setting} is not a URL: a reserved character in the password must be %-encoded"
        ) from None
    return parts
