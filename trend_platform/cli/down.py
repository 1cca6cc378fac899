"""`trend down`: stops what `trend up` started, and says what it found."""

from typing import Annotated

import typer

from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.local.down import Stopped
from trend_platform.local.down import down as stop_all
from trend_platform.local.processes import State

_WORDS = {State.RUNNING: "stopped", State.STOPPED: "was not running", State.STALE: "had ended already"}


def down(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for machines.")] = False,
) -> None:
    """Stop everything that `trend up` started here; data stays, and `trend up` goes on where this stopped.

    Example: `trend down`
    """
    out = Output(as_json=as_json)
    found: list[Stopped] = []
    for stopped in stop_all(session_of(ctx).settings):
        found.append(stopped)
        out.say(f"{stopped.name:<10} {_WORDS[stopped.found]}")
    if as_json:
        out.json([{"service": stopped.name, "found": stopped.found.value} for stopped in found])
    elif not found:
        out.say("nothing was ever started here")
