"""How to reach the server: one way to make a client, and `ping`, which says in plain words why it does not answer."""

import socket

import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, InvalidResponse, RedisError, ResponseError
from redis.retry import Retry

from trend_platform.errors import ConfigurationError, UnavailableError

_CONNECT_SECONDS, _ANSWER_SECONDS = 0.5, 2.0


def connect(url: SecretStr) -> redis.Redis:
    """Return a client with short timeouts; no connection is made yet.

    A command is repeated once, since a pooled connection may have died with a server that is back by now.

    Raises:
        ConfigurationError: `url` is no Redis URL.
    """
    try:
        return redis.Redis.from_url(
            url.get_secret_value(),
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:  # its text may quote the URL, password included
        raise ConfigurationError(
            "TREND_REDIS_URL is no Redis URL: expected redis://[:password@]host:port/number, rediss://... or unix://..."
        ) from None


def ping(url: SecretStr) -> str:
    """Return what answers at `url`, such as `Valkey 8.1.1`.

    Raises:
        ConfigurationError: `url` is no Redis URL.
        UnavailableError: Nothing usable answers; the message names the place, the reason and the remedy, no password.
    """
    client = connect(url)
    try:
        return _server_name(client)
    except (RedisError, OSError) as error:
        raise UnavailableError(f"Redis at {_place(client)} {_why(error)}") from error
    finally:
        client.close()


def _server_name(client: redis.Redis) -> str:
    client.ping()
    try:
        about = client.info("server")
    except ResponseError:  # a server may forbid INFO and serve all the same
        return "a Redis server that does not tell its version"
    if "valkey_version" in about:
        return f"Valkey {about['valkey_version']}"
    return f"Redis {about.get('redis_version', 'of unknown version')}"


def _place(client: redis.Redis) -> str:
    known = client.connection_pool.connection_kwargs
    if "path" in known:
        return str(known["path"])
    return f"{known.get('host', 'localhost')}:{known.get('port', 6379)}/{known.get('db', 0)}"


def _why(error: Exception) -> str:
    cause = error.__cause__ or error.__context__ or error
    if isinstance(error, AuthenticationError) or str(error).startswith(("NOAUTH", "WRONGPASS")):
        return "refuses the login: check the user and password in TREND_REDIS_URL"
    if isinstance(cause, socket.gaierror):
        return "cannot be found: no such host; check the host in TREND_REDIS_URL"
    if isinstance(error, redis.exceptions.TimeoutError | TimeoutError):
        return "does not answer in time: check host, port and firewall, or redis:// where it expects rediss://"
    if isinstance(error, ResponseError):
        return f"answers, but cannot be used: {error}; check the database number in TREND_REDIS_URL"
    if isinstance(error, InvalidResponse):
        return "is not Redis: what listens there speaks another protocol; check the port in TREND_REDIS_URL"
    return f"is not reachable ({type(cause).__name__}): start it with `trend up`, or check host and port in TREND_REDIS_URL"
