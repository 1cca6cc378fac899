"""`trend status`: shows what runs here; exit code 1 where something that should run does not."""

from dataclasses import asdict
from typing import Annotated

import typer

from trend_platform.cli.exits import ExitCode
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.local.status import ServiceStatus, is_complete
from trend_platform.local.status import status as look

_COLUMNS = ("service", "state", "process", "where", "up for", "memory", "")


def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for machines.")] = False,
) -> None:
    """Show what runs here, where, since when, and whether the daemon's heart beats. Exit code 1: something does not run.

    Example: `trend status`
    """
    out, services = Output(as_json=as_json), look(session_of(ctx).settings)
    if as_json:
        out.json([{**asdict(service), "state": str(service.state)} for service in services])
    else:
        out.table("", _COLUMNS, [_row(service) for service in services])
        if not is_complete(services):
            out.say("Not everything runs: `make up` (or `trend up`) starts what is missing.")
    if not is_complete(services):
        raise typer.Exit(ExitCode.FAILED)


def _row(service: ServiceStatus) -> tuple[object, ...]:
    pid = "" if service.pid is None else str(service.pid)
    memory = "" if service.memory_bytes is None else f"{service.memory_bytes / 1024**2:,.0f} MiB"
    return service.name, str(service.state), pid, service.url, _age(service.uptime_seconds), memory, service.detail


def _age(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {int(seconds) % 60} s" if minutes else f"{int(seconds)} s"
