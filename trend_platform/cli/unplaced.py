"""Lines of the user's own files that name no symbol: no series and no quarantine can hold them, so they are told here."""

from collections.abc import Sequence

import polars as pl

from trend_platform.cli.output import Output
from trend_platform.providers.base import Provider
from trend_platform.providers.files.provider import FilesProvider
from trend_platform.wording import counted

# So many lines are shown; JSON has them all.
_SHOWN = 15
_SCHEMA = {"rule": pl.String(), "reason": pl.String(), "payload": pl.String()}


def unplaced_lines(providers: Sequence[Provider]) -> pl.DataFrame:
    """Return `rule`, `reason` (with file and line) and `payload` (the line as JSON) of what no request can bring.

    Raises:
        ConfigurationError: The folder or a file does not fit the settings.
        Malformed: A file cannot be read.
    """
    found = [one.unplaced().select(list(_SCHEMA)) for one in providers if isinstance(one, FilesProvider)]
    return pl.concat(found) if found else pl.DataFrame(schema=_SCHEMA)


def show_unplaced(out: Output, lines: pl.DataFrame) -> None:
    """Tell how many lines could not be placed, and why; nothing where all could."""
    if lines.is_empty():
        return
    out.table("Lines that name no symbol", ("rule", "reason"), lines.head(_SHOWN).select("rule", "reason").rows())
    rest = lines.height - _SHOWN
    if rest > 0:
        out.say(f"... and {counted(rest, 'more line')}: `--json` has them all.")
    out.say(
        f"{counted(lines.height, 'line')} could not be placed, in no series and not in quarantine: correct the files.",
        "yellow",
    )
