"""`trend alerts`: what was wrong and since when, and whether the channels that tell people work. No address is ever shown."""

from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten
from typing import Annotated

import typer

from trend_platform.cli.ages import age_of
from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.errors import UsageError
from trend_platform.observability.messenger import AppriseMessenger
from trend_platform.storage.realtime import Incident
from trend_platform.wording import counted

app = verb_group("Show incidents; send a test message to every channel.")

# So much of a summary is shown in the table; JSON has all of it.
_SHOWN = 160

TITLE = "trend: test message"
BODY = "This is a test of `trend alerts test`: messages about incidents arrive here. Nothing is wrong."


@app.command("list")
def list_(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="Incidents shown, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List incidents, the newest first: what was wrong, since when, for how long, and whether anybody was told.

    Example: `trend alerts list --limit 5`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    channels = len(session.settings.alerts.urls)
    with session.workshop(ready=()) as workshop:
        incidents = workshop.storage.incidents.latest(limit)
    if as_json:
        out.json({"channels": channels, "incidents": [_as_dict(one) for one in incidents]})
        return
    _show(out, incidents, session.clock.now())
    if not channels:
        out.say("Nobody is told of incidents: `alerts.urls` (TREND_ALERTS__URLS) names no channel.", "yellow")


@app.command("test")
def send_test(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Send a test message to every channel of `alerts.urls`. Exit code 1: one of them did not take it.

    Example: `trend alerts test`
    """
    out, urls = Output(as_json=as_json), session_of(ctx).settings.alerts.urls
    if not urls:
        raise UsageError(
            "there is nobody to tell: set alerts.urls in trend_platform.toml, or TREND_ALERTS__URLS with blanks between "
            "addresses such as jsons://host/path, slack://..., mailto://..."
        )
    failed = AppriseMessenger(urls).tell(TITLE, BODY)
    if as_json:
        out.json({"channels": len(urls), "failed": list(failed)})
    elif failed:
        out.say(
            f"{counted(len(failed), 'channel')} of {len(urls):,} did not take the message: {', '.join(failed)}.", "red"
        )
        out.say("Check its address, and whether its host can be reached from here.")
    else:
        out.say(f"{counted(len(urls), 'channel')} took the message; see whether it arrived.", "green")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _show(out: Output, incidents: Sequence[Incident], now: datetime) -> None:
    if not incidents:
        out.say("Nothing has been wrong so far.", "green")
        return
    styles = ["" if one.closed_at else "red" for one in incidents]
    columns = ("incident", "what", "since (UTC)", "lasted", "over", "told")
    out.table("", columns, [_row(one, now) for one in incidents], styles)
    still = sum(one.closed_at is None for one in incidents)
    out.say(f"{counted(still, 'incident is', 'incidents are')} open." if still else "All of them are over.")


def _row(one: Incident, now: datetime) -> tuple[object, ...]:
    lasted = age_of((one.closed_at or now) - one.opened_at)
    told = f"{one.told_at:%Y-%m-%d %H:%M}" if one.told_at else "no"
    return (
        one.key,
        shorten(one.summary, _SHOWN, placeholder=" ..."),
        f"{one.opened_at:%Y-%m-%d %H:%M}",
        lasted,
        one.closed_at is not None,
        told,
    )


def _as_dict(one: Incident) -> dict[str, object]:
    return {
        "key": one.key,
        "summary": one.summary,
        "opened_at": one.opened_at.isoformat(),
        "last_seen_at": one.last_seen_at.isoformat(),
        "closed_at": one.closed_at and one.closed_at.isoformat(),
        "told_at": one.told_at and one.told_at.isoformat(),
    }
