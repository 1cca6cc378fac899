"""`trend up`: starts everything, shows each step as it happens, and ends with the outcome and the URLs."""

from typing import Annotated

import typer

from trend_platform.cli.first_run import first_run_plan, show_last_outcome
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.cli.steps import Steps
from trend_platform.local import urls
from trend_platform.local.connections import Connections
from trend_platform.local.dagster_services import webserver_url
from trend_platform.local.up import up as bring_up
from trend_platform.settings import Mode, Settings

ModeOption = Annotated[
    Mode | None, typer.Option("--mode", help="Decide anew where prices come from, for this and later commands.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for machines.")]


def up(ctx: typer.Context, mode: ModeOption = None, as_json: JsonOption = False) -> None:
    """Start database, cache and Dagster; the first time, fetch the first history.

    What runs already is left alone, and what an earlier call did not finish is finished: call it whenever in doubt.

    Example: `trend up`
    """
    settings, out = session_of(ctx).settings, Output(as_json=as_json)
    with Steps(out) as steps:
        found = bring_up(settings, steps.show, first_run_plan(), mode)
    if as_json:
        out.json(_as_json(settings, found, steps))
        return
    show_last_outcome(out)
    out.say(f"\nDagster   {webserver_url(settings)}", "bold")
    out.say(f"database  {urls.address(found.database_url)}")
    out.say(f"cache     {urls.address(found.redis_url)}")
    out.say(
        "prices    latest ones each minute and hourly candles each ten, while a market is open: `.venv/bin/trend latest`"
    )
    out.say(
        "`make status` shows what runs, `make down` stops it, nothing is lost; `.venv/bin/trend --help` lists the rest."
    )


def _as_json(settings: Settings, found: Connections, steps: Steps) -> dict[str, object]:
    return {
        "mode": found.mode.value,
        "mode_reason": found.mode_reason,
        "dagster_url": webserver_url(settings),
        "database": urls.address(found.database_url),
        "redis": urls.address(found.redis_url),
        "steps": steps.finished,
    }
