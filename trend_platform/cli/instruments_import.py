"""`trend instruments import`: the symbols found in the user's own files become part of the universe."""

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.output import Output
from trend_platform.cli.own_files import (
    ColumnOption,
    DateFormatOption,
    PathArgument,
    SymbolFromNameOption,
    TimezoneOption,
    files_provider,
)
from trend_platform.cli.session import session_of
from trend_platform.errors import UsageError
from trend_platform.ingest.universe import add_symbols
from trend_platform.providers.files.provider import FilesProvider
from trend_platform.storage.base import Universe
from trend_platform.wording import counted

# So many symbols are shown; JSON has them all.
_SHOWN = 20


def import_(
    ctx: typer.Context,
    path: PathArgument,
    columns: ColumnOption = None,
    symbol_from_name: SymbolFromNameOption = False,
    timezone: TimezoneOption = None,
    date_format: DateFormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add every symbol found in a folder of CSV or Parquet files; candles are stored by `trend backfill` or `trend import`.

    Example: `trend instruments import data/sp500 --column symbol=Name --column opened_at=date`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    provider = files_provider(session, "files", path, columns, None, symbol_from_name, None, timezone, date_format)
    found = found_symbols(provider)
    with session.workshop(ready=()) as workshop:
        added = add_found(workshop.storage.universe, found)
    if as_json:
        rows = found.with_columns(pl.col("first_day", "last_day").cast(pl.String)).to_dicts()
        out.json({"path": str(path), "symbols": rows, "added": added})
        return
    out.table("", found.columns, found.head(_SHOWN).rows())
    if found.height > _SHOWN:
        out.say(f"... and {counted(found.height - _SHOWN, 'more symbol')}: `--json` has them all.")
    out.say(f"{counted(found.height, 'symbol')} found in {path}, {len(added):,} of them new in the universe.")


def found_symbols(provider: FilesProvider) -> pl.DataFrame:
    """Return `symbol`, `first_day`, `last_day`, `rows` of what the files hold, by symbol.

    Raises:
        UsageError: They hold no symbol at all.
    """
    found = provider.list_symbols()
    if found.is_empty():
        unread = provider.unread()
        if unread.height:
            raise UsageError(
                f"no row of these files can be read; the first: {unread['reason'][0]}. "
                "--column names columns, --date-format says how times are written"
            )
        raise UsageError("no symbol was found in these files: name its column with --column symbol=NAME")
    return found


def add_found(universe: Universe, found: pl.DataFrame) -> list[str]:
    """Add the symbols that the universe does not have; return them.

    The first day in a file is not taken for a listing: the files may simply begin there.
    """
    known = {one.symbol for one in universe.instruments()}
    fresh = [symbol for symbol in found["symbol"].to_list() if symbol not in known]
    if fresh:
        add_symbols(universe, fresh)
    return fresh
