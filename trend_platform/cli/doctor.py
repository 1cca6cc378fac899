"""`trend doctor`: looks at everything work needs, from Python to prices, and says what is wrong and what to do."""

from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.findings import Finding, State, looked_at
from trend_platform.cli.look_at_machine import look_at_machine
from trend_platform.cli.look_at_providers import look_at_providers
from trend_platform.cli.look_at_services import look_at_services
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import Session, session_of
from trend_platform.errors import ConfigurationError
from trend_platform.storage.base import PriceKind

_STYLES = {State.OK: "", State.NOTE: "yellow", State.BROKEN: "bold red"}


KeysOption = Annotated[
    bool,
    typer.Option("--keys", help="Ask each provider at hand whether it takes its key; takes one call of its quota."),
]


def doctor(ctx: typer.Context, keys: KeysOption = False, as_json: JsonOption = False) -> None:
    """Check this machine from settings to prices, and say what is wrong and what to do. Exit code 1: something is broken.

    Example: `trend doctor --keys`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    findings, kind = _examine(session)
    if kind and all(finding.state is not State.BROKEN for finding in findings):
        findings += looked_at("providers", lambda: look_at_providers(session, kind, check=keys))
    is_well = all(finding.state is not State.BROKEN for finding in findings)
    if as_json:
        found = [finding.as_dict() for finding in findings]
        out.json({"is_well": is_well, "prices": kind and kind.value, "findings": found})
    else:
        rows = [(finding.state.value, finding.what, finding.detail) for finding in findings]
        out.table("", ("", "looked at", "found"), rows, [_STYLES[finding.state] for finding in findings])
        if kind:
            say_simulated(out, kind)
        out.say(
            *(("All that work needs is there.", "green") if is_well else ("Something is broken; see above.", "red"))
        )
    if not is_well:
        raise typer.Exit(ExitCode.FAILED)


def _examine(session: Session) -> tuple[list[Finding], PriceKind | None]:
    try:
        settings = session.settings
    except ConfigurationError as error:
        # Nothing else can be looked at before the settings can be read.
        return [Finding("settings", State.BROKEN, str(error))], None
    machine = look_at_machine(settings)
    services, kind = look_at_services(session)
    return [*machine, *services], kind
