"""`trend social`: what people post about the instruments; off until a source is enabled."""

from datetime import timedelta
from typing import Annotated

import typer

from trend_platform.cli.ages import age_of
from trend_platform.cli.arguments import JsonOption, read_symbols
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.readings_report import cut_to, failure_rows, show_calls, sound_of
from trend_platform.cli.session import session_of
from trend_platform.ingest.social import SocialOutcome, instruments_for_posts, refresh_social
from trend_platform.ingest.workshop import drive
from trend_platform.wording import counted

app = verb_group("Fetch or show social posts; off until a source is enabled.")

_TEXT = 110


@app.command("fetch")
def fetch(
    ctx: typer.Context,
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="[SYMBOL]...", help="Whose posts; those on lists, in turns, if none.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the sources of posts that are enabled, while their allowance lasts. Exit code 3: done, and a topic failed.

    Example: `trend social fetch AAPL`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen, settings = read_symbols(symbols), session.settings
    keep = timedelta(days=settings.retention.social_days)
    with session.workshop(ready=()) as workshop:
        instruments = instruments_for_posts(workshop, settings.sources.symbols_per_run, chosen)
        outcome = drive(workshop, refresh_social(workshop, instruments, keep))
    if as_json:
        out.json(outcome.as_dict())
    else:
        _show_outcome(out, outcome)
    if outcome.failures:
        raise typer.Exit(ExitCode.HOLES)


@app.command("show")
def show(
    ctx: typer.Context,
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="[SYMBOL]...", help="Posts about any of these; all if none.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many of the last posts.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the last posts that are stored; nobody outside is asked.

    Example: `trend social show BTC-USD --limit 5`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen = read_symbols(symbols)
    with session.workshop(ready=()) as workshop:
        if chosen:
            workshop.select(chosen)
        posts = workshop.storage.posts.latest(chosen, limit)
    if as_json:
        out.json({"posts": posts.to_dicts()})
        return
    if posts.is_empty():
        out.say("No post is stored; `trend social fetch` asks for some once a source is enabled.", "yellow")
        return
    now = session.clock.now()
    rows = [
        (
            *(f"{row['posted_at']:%Y-%m-%d %H:%M}", age_of(now - row["posted_at"]), row["stance"]),
            *(sound_of(row["sentiment"]), ", ".join(row["symbols"]), cut_to(row["text"], _TEXT), row["provider"]),
        )
        for row in posts.iter_rows(named=True)
    ]
    out.table("Posts", ("posted (UTC)", "age", "stance", "sounds", "about", "text", "source"), rows)


def _show_outcome(out: Output, outcome: SocialOutcome) -> None:
    told = ", ".join(f"{name} {count:,}" for name, count in outcome.received.items()) or "none"
    spent = ", ".join(f"{name} ${dollars:.3f}" for name, dollars in outcome.dollars.items())
    rows = [
        ("received", sum(outcome.received.values()), told),
        ("  new", outcome.new, ""),
        ("  known", outcome.known, ""),
        ("  unrelated", outcome.unrelated, "about no instrument kept here"),
        ("  rejected", outcome.rejected, "older than posts are kept, or with an impossible time"),
    ]
    out.table("Posts", ("", "posts", ""), rows)
    if outcome.failures:
        out.table("Not told", ("topic", "source", "kind", "served by", "message"), failure_rows(outcome.failures))
    show_calls(out, outcome.calls, outcome.seconds)
    if spent:
        out.say(f"spent: {spent}")
    if unasked := sum(outcome.unasked.values()):
        out.say(f"{counted(unasked, 'topic was', 'topics were')} not asked for.", "yellow")
