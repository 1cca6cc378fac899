"""`trend status`: shows what runs here and how fresh prices are; exit code 1 where something that should run does not."""

from dataclasses import asdict
from typing import Annotated

import typer

from trend_platform.cli.ages import age
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.freshness_report import look_at_freshness, show_freshness
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.local.status import ServiceStatus, is_complete
from trend_platform.local.status import status as look

_COLUMNS = ("service", "state", "process", "where", "up for", "memory", "")


def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for machines.")] = False,
) -> None:
    """Show what runs here, where, since when, and how fresh prices are. Exit code 1: something does not run.

    Fresh is judged by each market's own hours: on a Sunday Friday's last price is fresh. Stale prices do not change the
    exit code; `trend alerts list` keeps what was wrong.

    Example: `trend status`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    services, report = look(session.settings), look_at_freshness(session)
    if as_json:
        listed = [{**asdict(service), "state": str(service.state)} for service in services]
        out.json({"is_complete": is_complete(services), "services": listed, "freshness": report.as_dict()})
    else:
        out.table("", _COLUMNS, [_row(service) for service in services])
        show_freshness(out, report)
        if not is_complete(services):
            out.say("Not everything runs: `make up` (or `trend up`) starts what is missing.")
    if not is_complete(services):
        raise typer.Exit(ExitCode.FAILED)


def _row(service: ServiceStatus) -> tuple[object, ...]:
    pid = "" if service.pid is None else str(service.pid)
    memory = "" if service.memory_bytes is None else f"{service.memory_bytes / 1024**2:,.0f} MiB"
    return service.name, str(service.state), pid, service.url, age(service.uptime_seconds), memory, service.detail
