"""`trend report`: how complete everything is, series by series; as a table, as JSON, or as a page with a map."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, SymbolsArgument, output_file
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.gap_arguments import EndOption, StartOption, TimeframesOption, read_selection
from trend_platform.cli.gap_tables import series_as_dicts, show_series, show_verdict
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of
from trend_platform.ingest.gaps import detect


def report(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframe: TimeframesOption = None,
    start: StartOption = None,
    end: EndOption = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with a map of coverage; it needs no network."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Report expected, stored and missing candles of every series, from the ledger. Exit code 3: some are missing unexplained.

    Example: `trend report --html coverage.html`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    selection = read_selection(symbols, timeframe, start, end)
    target = output_file(html, "--html") if html else None
    with session.workshop(ready=()) as workshop:
        found = detect(workshop, selection)
        kind = workshop.storage.market.kind
    if target:
        from trend_platform.cli.report_page import page  # noqa: PLC0415  its library is large

        target.write_text(page(found, kind), encoding="utf-8")
    if as_json:
        reasons = found.gaps.group_by("reason", maintain_order=True).agg(pl.col("missing").sum())
        missing = dict(reasons.sort("reason").iter_rows())
        out.json(
            {
                "at": found.at,
                "series": series_as_dicts(found.series),
                "missing": missing,
                "unexplained": found.unexplained,
            }
        )
    else:
        show_series(out, found.series)
        show_verdict(out, found)
        say_simulated(out, kind)
    if target:
        out.say(f"The page is {target}.")
    if found.unexplained:
        raise typer.Exit(ExitCode.HOLES)
