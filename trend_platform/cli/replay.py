"""`trend replay`: archived answers of providers are read again and stored; nobody is asked, no quota is spent."""

from collections.abc import Mapping
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, SymbolsArgument, read_day, read_symbols
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of
from trend_platform.errors import UsageError
from trend_platform.ingest.build import opener_to_replay
from trend_platform.ingest.replay import Replayed, Wanted
from trend_platform.ingest.replay import replay as run_replay
from trend_platform.ingest.workshop import drive
from trend_platform.providers.registry import provider_named
from trend_platform.wording import counted

# So many symbols are named; JSON has them all.
_NAMED = 8


def replay(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Only answers of this provider.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only answers from that day on (UTC), as 2018-02-07.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read archived answers of providers again and store what is in them, as after a release that reads them better.

    Nobody is asked and no quota is spent. What was learnt after an answer is not taken back by it. Answers are kept where
    `archive.enabled` says so.

    Example: `trend replay --provider polygon --since 2026-11-01`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    by = None if provider is None else provider_named(provider)
    wanted = Wanted(frozenset(read_symbols(symbols)), by, None if since is None else read_day(since, "--since"))
    with session.workshop(ready=()) as workshop:
        if workshop.archive is None:
            raise UsageError(
                "there is no archive here: set TREND_ARCHIVE__ENABLED=true, and answers are kept from then on"
            )
        done = drive(workshop, run_replay(workshop, opener_to_replay(session.settings), wanted))
        kind = workshop.storage.market.kind
    if as_json:
        out.json(done.as_dict())
    else:
        _show(out, done)
        say_simulated(out, kind)


def _show(out: Output, done: Replayed) -> None:
    out.say(f"{counted(done.requests, 'request')} read again, {counted(done.received, 'row')} in the answers.", "bold")
    rows = [
        ("inserted", done.upserted.inserted),
        ("corrected", done.upserted.corrected),
        ("completed", done.upserted.completed),
        ("unchanged", done.upserted.unchanged),
        ("set aside", done.rejected),
    ]
    out.table("Candles", ("", "rows"), rows)
    _show_left_out(out, done.unanswered, done)


def _show_left_out(out: Output, unanswered: Mapping[str, int], done: Replayed) -> None:
    for reason, count in unanswered.items():
        out.say(f"{counted(count, 'request')} could not be read again: {reason}.", "yellow")
    if done.strangers:
        more = f" and {len(done.strangers) - _NAMED} more" if len(done.strangers) > _NAMED else ""
        out.say(f"Not in the universe any more: {', '.join(done.strangers[:_NAMED])}{more}.", "yellow")
