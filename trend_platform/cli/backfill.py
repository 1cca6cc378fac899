"""`trend backfill`: brings ranges up to date and shows the account; exit code 3 where holes stay unexplained."""

import polars as pl
import typer

from trend_platform.cli.arguments import (
    AsOfOption,
    JsonOption,
    ProviderOption,
    RangesArgument,
    RefreshOption,
    SymbolsArgument,
    read_as_of,
    read_ranges,
    read_symbols,
)
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.outcome_report import outcome_json, show_outcome
from trend_platform.cli.output import Output
from trend_platform.cli.progress import progress
from trend_platform.cli.session import session_of, today
from trend_platform.cli.unplaced import show_unplaced, unplaced_lines
from trend_platform.ingest.backfill import Backfilled, wanted_of
from trend_platform.ingest.backfill import backfill as run_backfill
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.wording import counted


def backfill(
    ctx: typer.Context,
    ranges: RangesArgument,
    symbols: SymbolsArgument = None,
    refresh: RefreshOption = False,
    provider: ProviderOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring ranges up to date: fetch what is not stored yet, and account for every candle.

    What is stored is not asked again, so a run after a crash just goes on. Exit code 3: done, with unexplained holes.

    Example: `trend backfill 1Y,5Y AAPL BTC-USD`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen, last = read_ranges(ranges), read_as_of(as_of, today(session))
    with session.workshop(provider) as workshop:
        wanted = wanted_of(workshop, chosen, read_symbols(symbols), last, refresh=refresh)
        done = run_with_progress(out, workshop, wanted, "backfill")
        unplaced = unplaced_lines(workshop.providers)
    show_backfilled(out, done, unplaced)


def run_with_progress(out: Output, workshop: Workshop, wanted: Wanted, kind: str) -> Backfilled:
    """Run a backfill to its end, recorded as `kind`, while its progress is shown.

    Raises:
        TrendError: As `ingest.backfill.backfill` does.
    """
    with progress(out, kind) as advance:

        def on_progress(step: Progress) -> None:
            advance(step.done, step.total, f"{counted(step.candles, 'candle')}, {step.provider}")

        return drive(workshop, run_backfill(workshop, wanted, on_progress, kind))


def show_backfilled(out: Output, done: Backfilled, unplaced: pl.DataFrame) -> None:
    """Show what a backfill did, and the lines of files that could not be placed.

    Raises:
        typer.Exit: With code 3 where candles are missing without an explanation.
    """
    outcome = outcome_json(done.outcome)
    if out.as_json:
        series = {"series_written": done.series_written, "series_skipped": done.series_skipped}
        out.json({**outcome, **series, "unplaced": unplaced.to_dicts()})
    else:
        show_outcome(out, outcome)
        show_unplaced(out, unplaced)
        if done.series_skipped:
            out.say(f"The cache did not take {done.series_skipped:,} series; readers use the database.", "yellow")
    if not done.outcome.is_complete:
        raise typer.Exit(ExitCode.HOLES)
