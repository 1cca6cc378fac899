"""`trend import`: candles of the user's own files go into the store, judged and accounted for like any provider's."""

from datetime import date
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, read_pairs
from trend_platform.cli.backfill import run_with_progress, show_backfilled
from trend_platform.cli.instruments_import import add_found, found_symbols
from trend_platform.cli.output import Output
from trend_platform.cli.own_files import (
    ColumnOption,
    DateFormatOption,
    PathArgument,
    SymbolFromNameOption,
    TimezoneOption,
    files_provider,
)
from trend_platform.cli.session import session_of, today
from trend_platform.cli.unplaced import unplaced_lines
from trend_platform.domain.candles import Basis
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.import_source import ImportSource, note_source
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.files.fingerprints import fingerprints
from trend_platform.wording import counted


def import_files(
    ctx: typer.Context,
    path: PathArgument,
    provider: Annotated[str, typer.Option(help="The name these candles carry as their provider, such as my_broker.")],
    basis: Annotated[Basis, typer.Option(help="What the prices mean: raw, or split-adjusted.")],
    columns: ColumnOption = None,
    symbol_from_name: SymbolFromNameOption = False,
    timeframe: Annotated[str | None, typer.Option(help="Length of the candles; 1d if absent.")] = None,
    timezone: TimezoneOption = None,
    date_format: DateFormatOption = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Take also what is stored already.")] = False,
    known_only: Annotated[bool, typer.Option("--known-only", help="Leave out symbols that are not kept yet.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Store candles of your own CSV or Parquet files under a provider's name; bad rows are set aside with their reason.

    Example: `trend import data/sp500 --provider kaggle --basis split --column symbol=Name --column opened_at=date`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    length = parse_timeframe(timeframe or session.settings.providers.files.timeframe)
    source = files_provider(
        session, provider, path, columns, basis, symbol_from_name, length.value, timezone, date_format
    )
    found = found_symbols(source)
    with session.workshop(provider, ready=(source,)) as workshop:
        if not known_only:
            _say_added(out, add_found(workshop.storage.universe, found))
        wanted = _wanted(workshop, found, length, min(_last_day(found), today(session)), refresh)
        read_as = ImportSource(provider, basis.value, read_pairs(columns, "--column"), fingerprints(path))
        done = run_with_progress(out, workshop, wanted, "import")
        note_source(workshop, done.outcome.run_id, read_as)
    show_backfilled(out, done, unplaced_lines((source,)))


def _say_added(out: Output, added: list[str]) -> None:
    if added:
        new = counted(len(added), "symbol is", "symbols are")
        out.say(f"{new} new and kept from now on: {', '.join(added[:8])}{' ...' if added[8:] else ''}")


def _wanted(workshop: Workshop, found: pl.DataFrame, length: Timeframe, as_of: date, refresh: bool) -> Wanted:
    in_files = set(found["symbol"].to_list())
    mine = tuple(one for one in workshop.storage.universe.instruments() if one.symbol in in_files)
    if not mine:
        found_here = counted(len(in_files), "symbol")
        raise UsageError(f"{found_here} found in these files, and none is kept here: leave --known-only out")
    return Wanted(mine, length, (Range.MAX,), as_of, refresh)


def _last_day(found: pl.DataFrame) -> date:
    last = found["last_day"].max()
    if not isinstance(last, date):
        raise UsageError("no time could be read in these files: name its column with --column opened_at=NAME")
    return last
