"""`trend news`: what is written about the instruments, each story once."""

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
from trend_platform.ingest.news import NewsOutcome, instruments_for_news, refresh_news
from trend_platform.ingest.workshop import drive
from trend_platform.wording import counted

app = verb_group("Fetch or show news, each story once.")

_TITLE = 110


@app.command("fetch")
def fetch(
    ctx: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SYMBOL]...", help="Whose own news; those on lists, in turns, if none."),
    ] = None,
    hours: Annotated[int, typer.Option("--hours", min=1, help="How far back to ask.")] = 24,
    as_json: JsonOption = False,
) -> None:
    """Ask all sources of news now, and keep each story once. Exit code 3: done, and a source told nothing.

    Example: `trend news fetch AAPL BTC-USD`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen, settings = read_symbols(symbols), session.settings
    keep = timedelta(days=settings.retention.news_days)
    with session.workshop(ready=()) as workshop:
        instruments = instruments_for_news(workshop, settings.sources.symbols_per_run, chosen)
        outcome = drive(workshop, refresh_news(workshop, instruments, keep, timedelta(hours=hours)))
    if as_json:
        out.json(outcome.as_dict())
    else:
        _show_outcome(out, outcome)
    if outcome.missing:
        raise typer.Exit(ExitCode.HOLES)


@app.command("show")
def show(
    ctx: typer.Context,
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="[SYMBOL]...", help="Stories about any of these; all if none.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many of the last stories.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the last stories that are stored; nobody outside is asked.

    Example: `trend news show AAPL --limit 5`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen = read_symbols(symbols)
    with session.workshop(ready=()) as workshop:
        if chosen:
            workshop.select(chosen)
        stories = workshop.storage.news.latest(chosen, limit)
    if as_json:
        out.json({"stories": stories.to_dicts()})
        return
    if stories.is_empty():
        out.say("No story is stored; `trend news fetch` asks for some.", "yellow")
        return
    now = session.clock.now()
    rows = [
        (
            *(f"{row['published_at']:%Y-%m-%d %H:%M}", age_of(now - row["published_at"]), sound_of(row["sentiment"])),
            *(", ".join(row["symbols"]), cut_to(row["title"], _TITLE), row["publisher"] or row["provider"]),
        )
        for row in stories.iter_rows(named=True)
    ]
    out.table("News", ("published (UTC)", "age", "sounds", "about", "title", "publisher"), rows)


def _show_outcome(out: Output, outcome: NewsOutcome) -> None:
    told = ", ".join(f"{name} {count:,}" for name, count in outcome.received.items()) or "none"
    rows = [
        ("received", sum(outcome.received.values()), told),
        ("  new stories", outcome.new, ""),
        ("  copies", outcome.duplicates, "of the same address, or nearly the same title"),
        ("  no articles", outcome.rejected, "without a web address, or with an impossible time"),
        ("  too old", outcome.too_old, "older than news are kept"),
        ("grown", outcome.grown, "known stories with a further address or instrument"),
    ]
    out.table("News", ("", "articles", ""), rows)
    if outcome.failures:
        out.table("Not told", ("what", "source", "kind", "served by", "message"), failure_rows(outcome.failures))
    show_calls(out, outcome.calls, outcome.seconds)
    if outcome.missing:
        out.say(f"{counted(len(outcome.missing), 'source')} told nothing: {', '.join(outcome.missing)}.", "red")
    else:
        out.say("Complete: every source answered.", "green")
