"""The one place that turns settings, and what `trend up` remembers, into URLs.

Nothing is started and nothing is created here, so every command and every Dagster process may ask. One
server holds three databases: NAME for real prices, NAME_simulated for simulated ones, NAME_dagster.
"""

from dataclasses import dataclass

from pydantic import SecretStr

from trend_platform.errors import UnavailableError
from trend_platform.local import mode, passwords, urls
from trend_platform.local.home import Home
from trend_platform.settings import Mode, Settings

APPLICATION_ROLE = "trend"
LOCAL_DATABASE = "trend"
_HINT = "run `trend up`"


@dataclass(frozen=True, slots=True)
class Connections:
    """Where this platform's services are, for the mode in force.

    Attributes:
        database_url: The database of the mode.
        dagster_database_url: Dagster's own database.
        redis_url: The numbered Redis database of the mode.
        mode: `live` or `simulated`, never `auto`.
        mode_reason: Why, as the end of a sentence.
        is_local: Whether this machine runs the database server for itself.
        base_database_url: The live database, which the others' names derive from.
        base_redis_url: The live numbered database.
    """

    database_url: SecretStr
    dagster_database_url: SecretStr
    redis_url: SecretStr
    mode: Mode
    mode_reason: str
    is_local: bool
    base_database_url: SecretStr
    base_redis_url: SecretStr


def resolve(settings: Settings) -> Connections:
    """Return the URLs in force.

    Raises:
        ConfigurationError: A URL in the settings is none.
        UnavailableError: A local service is needed and `trend up` has not started it.
    """
    home = Home.of(settings)
    database = _database(settings, home)
    redis = _redis(settings, home)
    return derive(database, redis, mode.settle(settings, home), is_local=database == local_database_url(home))


def derive(database: SecretStr, redis: SecretStr, decision: mode.Decision, *, is_local: bool) -> Connections:
    """Return the URLs of a mode, given those of the live database and the live Redis database."""
    name = urls.database_of(database)
    simulated = decision.mode is Mode.SIMULATED
    return Connections(
        database_url=simulated_database_url(database) if simulated else database,
        dagster_database_url=urls.with_database(database, f"{name}_dagster"),
        redis_url=simulated_redis_url(redis) if simulated else redis,
        mode=decision.mode,
        mode_reason=decision.reason,
        is_local=is_local,
        base_database_url=database,
        base_redis_url=redis,
    )


def simulated_database_url(live: SecretStr) -> SecretStr:
    """Return the database of simulated prices beside a live one."""
    return urls.with_database(live, f"{urls.database_of(live)}_simulated")


def simulated_redis_url(live: SecretStr) -> SecretStr:
    """Return the numbered Redis database of simulated prices beside a live one.

    Raises:
        ConfigurationError: The URL names a socket.
    """
    return urls.with_redis_index_moved(live, by=1)


def local_database_url(home: Home) -> SecretStr | None:
    """Return the live database of the local server, or `None` where none was started."""
    record, known = home.registry.read("database"), passwords.known(home)
    if record is None or known is None:
        return None
    password = known.application.get_secret_value()
    return SecretStr(f"postgresql://{APPLICATION_ROLE}:{password}@127.0.0.1:{record.port}/{LOCAL_DATABASE}")


def local_redis_url(home: Home) -> SecretStr | None:
    """Return the live numbered database of the local Valkey, or `None` where none was started."""
    record, known = home.registry.read("redis"), passwords.known(home)
    if record is None or known is None:
        return None
    return SecretStr(f"redis://:{known.redis.get_secret_value()}@127.0.0.1:{record.port}/0")


def _database(settings: Settings, home: Home) -> SecretStr:
    if settings.database_url is not None:
        return urls.check_database_url(settings.database_url)
    url = local_database_url(home)
    if url is None or home.registry.running("database") is None:
        raise UnavailableError(
            f"no database: TREND_DATABASE_URL is not set and the local server of {home.root} is not running; {_HINT}"
        )
    return url


def _redis(settings: Settings, home: Home) -> SecretStr:
    if settings.redis_url is not None:
        return urls.check_redis_url(settings.redis_url)
    url = local_redis_url(home)
    if url is None:
        raise UnavailableError(
            f"no Redis: TREND_REDIS_URL is not set and the local Valkey of {home.root} was not started; {_HINT}"
        )
    return url
