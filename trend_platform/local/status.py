"""`trend status`: what each service of this home is doing, as values; nothing is started or changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
from pydantic import SecretStr

from trend_platform.errors import UnavailableError
from trend_platform.local import mode, urls, warm_workers
from trend_platform.local.connections import simulated_database_url, simulated_redis_url
from trend_platform.local.dagster_api import DagsterApi, Health
from trend_platform.local.dagster_programs import CODE_LOCATIONS, DAEMON, RUNS, SERVICES, WEBSERVER
from trend_platform.local.dagster_services import daemon_since, webserver_url
from trend_platform.local.home import Home
from trend_platform.local.processes import State
from trend_platform.settings import Mode, Settings

OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service.

    Attributes:
        name: The service.
        state: `running`, `stopped`, `stale` (ended without being asked) or `outside` (somebody else runs it).
        pid: Process id while it runs.
        port: TCP port it listens on.
        url: Where it is reached, without credentials.
        uptime_seconds: Since it started.
        memory_bytes: Resident memory, its children included.
        detail: What else is worth knowing, in words.
    """

    name: str
    state: str
    pid: int | None = None
    port: int | None = None
    url: str = ""
    uptime_seconds: float | None = None
    memory_bytes: int | None = None
    detail: str = ""


def status(settings: Settings) -> tuple[ServiceStatus, ...]:
    """Look at every service once, the servers first.

    Raises:
        UnavailableError: The home is another user's.
        ConfigurationError: A URL in the settings is none.
    """
    home = Home.of(settings)
    details = {**_dagster_details(settings, home), RUNS: warm_workers.describe(settings.runs_port)}
    database, redis = _outside_urls(settings, home)
    servers = (_server(home, "database", database), _server(home, "redis", redis))
    return (*servers, *(_process(home, name, _url(settings, name), details) for name in SERVICES))


def is_complete(services: tuple[ServiceStatus, ...]) -> bool:
    """Tell whether everything runs."""
    return all(service.state in {State.RUNNING, OUTSIDE} for service in services)


def _server(home: Home, name: str, outside: SecretStr | None) -> ServiceStatus:
    if outside is not None:
        return ServiceStatus(name, OUTSIDE, url=urls.address(outside), detail="set by you, not started by `trend up`")
    return _process(home, name, "", {})


def _outside_urls(settings: Settings, home: Home) -> tuple[SecretStr | None, SecretStr | None]:
    # Simulated prices have a database and a number of their own: shown is what work in the mode in force uses.
    database, redis = settings.database_url, settings.redis_url
    decision = mode.in_force(settings, home)
    if decision is not None and decision.mode is Mode.SIMULATED:
        database = database and simulated_database_url(urls.check_database_url(database))
        redis = redis and simulated_redis_url(urls.check_redis_url(redis))
    return database, redis


def _process(home: Home, name: str, url: str, details: Mapping[str, str]) -> ServiceStatus:
    record, state = home.registry.read(name), home.registry.state(name)
    port = record.port if record else None
    url = url or (f"127.0.0.1:{port}" if port else "")
    if state is not State.RUNNING or record is None:
        gone = (
            f"process {record.pid} is gone; `trend up` starts it again, log: {home.registry.log(name)}"
            if record
            else ""
        )
        return ServiceStatus(name, state, port=port, url=url, detail=gone)
    try:
        process = psutil.Process(record.pid)
        uptime = datetime.now(UTC).timestamp() - process.create_time()
        return ServiceStatus(name, state, record.pid, port, url, uptime, _memory(process), details.get(name, ""))
    except psutil.NoSuchProcess:
        return ServiceStatus(name, State.STALE, port=port, url=url, detail="it ended a moment ago")


def _memory(process: psutil.Process) -> int:
    # What several processes share would count once per child: each has its part of it.
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            facts = each.memory_full_info()
            total += getattr(facts, "pss", facts.uss)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:  # another user's, or a system that tells less
            total += each.memory_info().rss
    return total


def _url(settings: Settings, name: str) -> str:
    return webserver_url(settings) if name == WEBSERVER else ""


def _dagster_details(settings: Settings, home: Home) -> dict[str, str]:
    if home.registry.running(WEBSERVER) is None:
        return {DAEMON: "heartbeat unknown: the webserver does not run"}
    if settings.database_url is None and home.registry.running("database") is None:
        down = "the database it needs is down: `trend up` starts it"
        return {WEBSERVER: down, DAEMON: f"heartbeat unknown: {down}"}
    try:
        health = DagsterApi(webserver_url(settings)).health(timeout_seconds=5)
    except UnavailableError as error:
        return {WEBSERVER: str(error), DAEMON: "heartbeat unknown"}
    faults = {location.name: location for location in health.locations if location.name in CODE_LOCATIONS}
    words = {name: "loaded" if each.is_loaded else f"not loaded: {each.fault[:300]}" for name, each in faults.items()}
    return {**words, DAEMON: _heartbeat(health, daemon_since(home))}


def _heartbeat(health: Health, since: datetime) -> str:
    beats = [beat.beaten_at for beat in health.heartbeats if beat.beaten_at is not None]
    if not beats:
        return "no heartbeat yet"
    age = (datetime.now(UTC) - min(beats)).total_seconds()
    return (
        f"heartbeat {age:.0f} s ago"
        if health.beats_since(since)
        else f"NO heartbeat since it started; the last is {age:.0f} s old"
    )
