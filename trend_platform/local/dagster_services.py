"""Dagster on this machine: its processes running, its code loaded, its daemon's heart beating.

A port that answers proves little: the webserver serves while the daemon is dead, and a code server
serves while its code does not load. What does not belong here: how each process is started.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psutil

from trend_platform.errors import UnavailableError
from trend_platform.local import ports, waiting
from trend_platform.local.connections import Connections
from trend_platform.local.dagster_api import DagsterApi, Health
from trend_platform.local.dagster_programs import DAEMON, RUNS, WEBSERVER, Layout, prepare_home, programs
from trend_platform.local.home import Home
from trend_platform.local.processes import Program
from trend_platform.local.servers import bring_up
from trend_platform.settings import Settings

_PORT_SETTINGS = {
    "etl": "TREND_ETL_PORT",
    "realtime": "TREND_REALTIME_PORT",
    RUNS: "TREND_RUNS_PORT",
    WEBSERVER: "TREND_WEBSERVER_PORT",
}
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to
READY_LIMIT_SECONDS = 120.0


def webserver_url(settings: Settings) -> str:
    """Return the URL of the Dagster UI as a browser on this machine reaches it, without a trailing slash."""
    host = "127.0.0.1" if settings.bind_host in _EVERYWHERE else settings.bind_host
    return f"http://{host}:{settings.webserver_port}"


def run_dagster(
    settings: Settings, home: Home, connections: Connections, layout: Layout, note: Callable[[str], None]
) -> str:
    """Have the five processes running and usable.

    Args:
        settings: For ports and what the processes inherit.
        home: Where pid files and logs are.
        connections: What the processes are told.
        layout: Where files and code are.
        note: Gets sentences for the user.

    Returns:
        What was done, for the user.

    Raises:
        UnavailableError: One of them ended or did not become usable in time; the message ends with its log.
    """
    prepare_home(home, layout)
    wanted = programs(settings, home, connections, layout)
    last = _Look()
    # The webserver and the daemon load the code at once, and would complain of servers that do not listen yet.
    code_servers = [program for program in wanted if program.name in layout.code_locations]
    done = _bring_up(home, code_servers)
    _wait(last, lambda: last.listening(home, code_servers), home)
    done |= _bring_up(home, [program for program in wanted if program not in code_servers])
    url = webserver_url(settings)
    _wait(last, lambda: last.usable(home, wanted, DagsterApi(url), layout), home)
    for name, what in done.items():
        if what not in {"started", "running already"}:
            note(f"{name} {what}")
    fresh = [name for name, what in done.items() if what != "running already"]
    return f"{'started ' + ', '.join(fresh) if fresh else 'running already'}: {url}"


def _bring_up(home: Home, wanted: Sequence[Program]) -> dict[str, str]:
    with ThreadPoolExecutor() as pool:  # stopping those that must start anew takes seconds each
        outcomes = pool.map(lambda program: bring_up(home, program, _PORT_SETTINGS.get(program.name, "")), wanted)
        return dict(zip([program.name for program in wanted], outcomes, strict=True))


def _wait(last: "_Look", check: Callable[[], bool | None], home: Home) -> None:
    if waiting.until(check, READY_LIMIT_SECONDS) is None:
        raise UnavailableError(
            f"Dagster is not usable after {READY_LIMIT_SECONDS:.0f} s: {last.complaint}; logs are in {home.registry.logs}"
        )


class _Look:
    # Remembers the last reason for waiting, so that giving up can name it.
    def __init__(self) -> None:
        self.complaint = "nothing has been seen of it"

    def listening(self, home: Home, wanted: Sequence[Program]) -> bool | None:
        for program in wanted:
            if home.registry.running(program.name) is None:
                raise UnavailableError(_ended(home, program.name))
            if program.port is not None and not ports.is_served(program.port):
                self.complaint = f"{program.name} does not listen on port {program.port} yet"
                return None
        return True

    def usable(self, home: Home, wanted: Sequence[Program], api: DagsterApi, layout: Layout) -> bool | None:
        # The webserver goes on showing what a code server had loaded before it died.
        if not self.listening(home, wanted):
            return None
        try:
            health = api.health()
        except UnavailableError as error:
            self.complaint = str(error)
            return None
        self.complaint = _complaint(health, tuple(layout.code_locations), daemon_since(home))
        return True if not self.complaint else None


def daemon_since(home: Home) -> datetime:
    """Return when the daemon's process began; the present if it does not run."""
    process = home.registry.running(DAEMON)
    try:
        began = process.create_time() if process else None
    except psutil.Error:
        began = None
    return datetime.now(UTC) if began is None else datetime.fromtimestamp(began, UTC)


def _ended(home: Home, name: str) -> str:
    log = home.registry.log(name)
    return f"{name} ended while it started: {home.registry.last_words(name)}; the whole log is {log}"


def _complaint(health: Health, locations: tuple[str, ...], since: datetime) -> str:
    loaded = {location.name: location for location in health.locations}
    for name in locations:
        location = loaded.get(name)
        if location is None or not location.is_loaded:
            fault = location.fault.strip()[-600:] if location else "the webserver does not know it"
            return f"code location {name} is not loaded ({fault or 'still loading'})"
    return "" if health.beats_since(since) else "the daemon has not sent a heartbeat since it started"
