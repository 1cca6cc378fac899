"""A look at what the machine itself gives: Python, settings, room on the disk, the processes of `trend up`."""

import platform
import shutil
from collections.abc import Iterator

from trend_platform import __version__
from trend_platform.cli.config_checks import settings_faults
from trend_platform.cli.findings import Finding, broken, looked_at, note, ok
from trend_platform.local.dagster_api import DagsterApi
from trend_platform.local.dagster_programs import DAEMON, SERVICES, WEBSERVER
from trend_platform.local.dagster_services import daemon_since, webserver_url
from trend_platform.local.disk import check_room
from trend_platform.local.home import Home
from trend_platform.local.processes import State
from trend_platform.local.status import ServiceStatus, status
from trend_platform.settings import Settings, config_file


def look_at_machine(settings: Settings) -> list[Finding]:
    """Return what is found without asking database, cache or providers."""
    return [
        ok("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}; trend {__version__}"),
        *looked_at("settings", lambda: _settings(settings)),
        *looked_at("disk", lambda: _disk(settings)),
        *looked_at("dagster", lambda: _dagster(settings)),
    ]


def _settings(settings: Settings) -> Iterator[Finding]:
    file = config_file()
    faults = settings_faults(settings)
    yield from (broken("settings", fault) for fault in faults)
    if not faults:
        yield ok("settings", f"from {file.absolute()}" if file.is_file() else f"defaults and environment; no {file}")


def _disk(settings: Settings) -> Iterator[Finding]:
    warnings: list[str] = []
    root = Home.of(settings).root
    check_room(root, warnings.append)
    yield from (note("disk", warning) for warning in warnings)
    if not warnings:
        free = shutil.disk_usage(next(step for step in (root, *root.parents) if step.exists())).free
        yield ok("disk", f"{free / 1000**3:,.0f} GB free on the disk of {root}")


def _dagster(settings: Settings) -> Iterator[Finding]:
    services = [service for service in status(settings) if service.name in SERVICES]
    if all(service.state == State.STOPPED for service in services):
        yield note("dagster", "not running, so no schedule runs; `trend up` starts it")
        return
    for service in services:
        yield _process(service)
    runs = {service.name: service.state == State.RUNNING and not _is_at_fault(service) for service in services}
    if runs[DAEMON] and runs[WEBSERVER]:
        yield _heartbeat(settings)


def _process(service: ServiceStatus) -> Finding:
    name = f"dagster {service.name}"
    if service.state == State.RUNNING and not _is_at_fault(service):
        return ok(name, service.url or f"process {service.pid}")
    return broken(name, service.detail or f"{service.state}; `trend up` starts it again")


def _is_at_fault(service: ServiceStatus) -> bool:
    # Of a webserver there is only something to say when it does not answer as it should.
    return service.detail.startswith("not loaded") or (service.name == WEBSERVER and bool(service.detail))


def _heartbeat(settings: Settings) -> Finding:
    api = DagsterApi(webserver_url(settings))
    if api.health(timeout_seconds=5).beats_since(daemon_since(Home.of(settings))):
        return ok("dagster heartbeat", "every loop of the daemon beats")
    return broken("dagster heartbeat", "the daemon runs but does not beat: `trend down`, then `trend up`")
