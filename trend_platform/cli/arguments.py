"""Arguments as people type them, made values: ranges, days, instants, symbols; and the options several verbs share.

Every reader raises `UsageError` that says what was found, what fits and how to write it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from trend_platform.domain.ranges import HISTORICAL_RANGES, Range, parse_range
from trend_platform.domain.symbols import canonical_symbol
from trend_platform.errors import UsageError

JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for machines.")]
RangesArgument = Annotated[
    str, typer.Argument(metavar="RANGE", help="7D 1M 3M 6M YTD 1Y 3Y 5Y MAX; several with commas.")
]
SymbolsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[SYMBOL]...", help="Such as AAPL BTC-USD; the whole universe if none.")
]
ActiveArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SYMBOL]...", help="Such as AAPL BTC-USD; all that lists and portfolios hold if none."),
]
SymbolsToChange = Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="Such as AAPL BTC-USD.")]
SymbolArgument = Annotated[str, typer.Argument(metavar="SYMBOL", help="Such as AAPL or BTC-USD.")]
ProviderOption = Annotated[str | None, typer.Option("--provider", help="Ask only this provider.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Last day of the ranges, as 2018-02-07; today if absent.")
]
RefreshOption = Annotated[bool, typer.Option("--refresh", help="Ask again for what is stored already.")]


def read_ranges(text: str) -> tuple[Range, ...]:
    """Read ranges of daily candles such as `1Y` or `7d,MAX`, in the order of their length.

    Raises:
        UsageError: One of them is no range, or is the hourly chart `1D`.
    """
    try:
        chosen = {parse_range(part) for part in text.split(",") if part.strip()}
    except UsageError as error:
        raise UsageError(f"{error}; the range comes first and symbols follow, as in `1Y AAPL`") from None
    if Range.D1 in chosen or not chosen:
        raise UsageError(f"{text!r} names no range of daily candles; those are {' '.join(HISTORICAL_RANGES)}")
    return tuple(range_ for range_ in HISTORICAL_RANGES if range_ in chosen)


def read_symbols(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Read symbols; one word may hold several with commas.

    Raises:
        UsageError: One of them is no symbol, or is a range in the place of a symbol; or they are said and name none.
    """
    words = [word for text in texts or () for word in text.split(",") if word.strip()]
    if texts and not words:
        raise UsageError("an empty text names no symbol: name one such as AAPL, or leave it out where all are meant")
    for word in words:
        if word.strip().upper() in set(Range):
            raise UsageError(
                f"{word!r} is a range, and symbols belong here; write several ranges with commas: 1Y,{word}"
            )
    return tuple(dict.fromkeys(canonical_symbol(word) for word in words))


def read_day(text: str, option: str) -> date:
    """Read a day such as `2018-02-07`.

    Raises:
        UsageError: `text` is no day of the calendar.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} {text!r} is no date; write it like 2018-02-07") from None


def read_as_of(text: str | None, today: date) -> date | None:
    """Read the last day of the ranges; `None` stays `None`.

    Raises:
        UsageError: It is no date, or lies after `today`.
    """
    if text is None:
        return None
    day = read_day(text, "--as-of")
    if day > today:
        raise UsageError(f"--as-of {day} lies in the future: today is {today} (UTC), and no price is known after it")
    return day


def read_instant(text: str, option: str) -> datetime:
    """Read an instant in UTC: a day (its midnight) or a day with a time, of any zone, UTC where none is given.

    Raises:
        UsageError: `text` is no instant.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        example = "2018-02-07 or 2018-02-07T14:30Z"
        raise UsageError(f"{option} {text!r} is no time; write it like {example}") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def read_pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Read `field=column` pairs.

    Raises:
        UsageError: One of them has no `=`, or nothing on a side of it.
    """
    pairs = {}
    for text in texts or ():
        field, equals, column = (part.strip() for part in text.partition("="))
        if not (field and equals and column):
            raise UsageError(f"{option} {text!r} names no column; write it like {option} opened_at=date")
        pairs[field] = column
    return pairs


def existing_path(path: Path) -> Path:
    """Return `path` where it is there.

    Raises:
        UsageError: There is no such file or folder.
    """
    if not path.exists():
        raise UsageError(f"{path} is not there: name a CSV or Parquet file, or a folder of them")
    return path


def output_file(path: Path, option: str = "--output") -> Path:
    """Return `path` where a file can be written to it; the option is named where it cannot.

    Raises:
        UsageError: Its folder is missing, or it is a folder itself.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder: name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path}: the folder {path.parent} is not there; create it first")
    return path
