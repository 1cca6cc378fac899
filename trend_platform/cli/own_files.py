"""The user's own files as a provider: how the options of a verb describe them, over what the settings say of such files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from trend_platform.cli.arguments import existing_path, read_pairs
from trend_platform.cli.session import Session
from trend_platform.domain.candles import Basis
from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.providers.files.provider import FilesProvider
from trend_platform.settings import FilesSettings

PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help="A CSV or Parquet file, or a folder of them.")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=COLUMN", help="As opened_at=date or symbol=Name; once per column."),
]
SymbolFromNameOption = Annotated[
    bool, typer.Option("--symbol-from-name", help="Take the symbol from each file's name.")
]
DateFormatOption = Annotated[
    str | None, typer.Option(help="Format of the time column, as %d.%m.%Y; ISO 8601 if absent.")
]
TimezoneOption = Annotated[str | None, typer.Option(help="Zone of times that carry none; UTC if absent.")]


def files_provider(
    session: Session,
    name: str,
    path: Path,
    columns: Sequence[str] | None = None,
    basis: Basis | None = None,
    symbol_from_name: bool = False,
    timeframe: str | None = None,
    timezone: str | None = None,
    date_format: str | None = None,
) -> FilesProvider:
    """Open files as a provider of that name; what is not said comes from the settings of `files`.

    Raises:
        UsageError: There is no such path, or an option does not fit.
    """
    said = {
        "path": existing_path(path),
        "columns": read_pairs(columns, "--column") or None,
        "basis": basis and basis.value,
        "symbol_from_name": symbol_from_name or None,
        "timeframe": timeframe and parse_timeframe(timeframe).value,
        "timezone": timezone,
        "date_format": date_format,
    }
    usual = session.settings.providers.files.model_dump()
    try:
        settings = FilesSettings.model_validate(
            usual | {key: value for key, value in said.items() if value is not None}
        )
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise UsageError(f"the files cannot be described so: {'; '.join(faults)}") from None
    return FilesProvider(settings, session.clock, name)
