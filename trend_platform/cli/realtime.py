"""`trend realtime`: what the minute loop does by itself, now and by hand. The market need not be open."""

import typer

from trend_platform.cli.active import named_or_active
from trend_platform.cli.arguments import ActiveArgument, JsonOption, ProviderOption, read_symbols
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.latest_report import is_complete, latest_json, show_latest_outcome
from trend_platform.cli.outcome_report import outcome_json, show_outcome
from trend_platform.cli.output import Output
from trend_platform.cli.progress import progress
from trend_platform.cli.session import session_of
from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import drive
from trend_platform.wording import counted

app = verb_group("Refresh latest prices or hourly candles now, by hand.")


@app.command("latest")
def latest(
    ctx: typer.Context, symbols: ActiveArgument = None, provider: ProviderOption = None, as_json: JsonOption = False
) -> None:
    """Ask for the latest prices now, judge and store them. Exit code 3: done, and some have none or a stale one.

    Without a symbol, all that watchlists, portfolios and the overview hold, whether their market is open or not.

    Example: `trend realtime latest AAPL BTC-USD`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen = read_symbols(symbols)
    with session.workshop(provider) as workshop:
        instruments = named_or_active(workshop, chosen)
        outcome = drive(workshop, refresh_latest(workshop, instruments))
        kind = workshop.storage.market.kind
    now = session.clock.now()
    if as_json:
        out.json(latest_json(outcome, kind, now))
    else:
        show_latest_outcome(out, outcome, kind, now)
    if not is_complete(outcome):
        raise typer.Exit(ExitCode.HOLES)


@app.command("hourly")
def hourly(
    ctx: typer.Context, symbols: ActiveArgument = None, provider: ProviderOption = None, as_json: JsonOption = False
) -> None:
    """Bring the hourly candles of the current session up to date now. Exit code 3: done, with unexplained holes.

    The current session is the last one where the market has not opened yet, and the last 24 hours where it never closes.

    Example: `trend realtime hourly AAPL BTC-USD`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen = read_symbols(symbols)
    with session.workshop(provider) as workshop, progress(out, "hourly candles") as advance:

        def on_progress(step: Progress) -> None:
            advance(step.done, step.total, f"{counted(step.candles, 'candle')}, {step.provider}")

        instruments = named_or_active(workshop, chosen)
        outcome = drive(workshop, refresh_hourly(workshop, instruments, on_progress))
    if as_json:
        out.json(outcome_json(outcome))
    else:
        show_outcome(out, outcome_json(outcome))
    if not outcome.is_complete:
        raise typer.Exit(ExitCode.HOLES)
