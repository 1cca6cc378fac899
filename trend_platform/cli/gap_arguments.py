"""What `trend gaps` and `trend report` are asked about: symbols, timeframes, a window, reasons."""

from collections.abc import Sequence
from typing import Annotated

import typer

from trend_platform.cli.arguments import read_instant, read_symbols
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.ingest.gaps import GapSelection

TimeframesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--timeframe", "-t", help="Such as 1d; several by repeating it; all that were ever asked for if none."
    ),
]
StartOption = Annotated[
    str | None, typer.Option("--start", metavar="TIME", help="From when on; where each series begins if absent.")
]
EndOption = Annotated[str | None, typer.Option("--end", metavar="TIME", help="Up to when; a day ago if absent.")]
ReasonsOption = Annotated[
    list[str] | None, typer.Option("--reason", help="Only gaps for this reason, such as unknown or never_asked.")
]
UnexplainedOption = Annotated[bool, typer.Option("--unexplained", help="Only gaps that no reason accounts for.")]


def read_selection(
    symbols: Sequence[str] | None,
    timeframes: Sequence[str] | None,
    start: str | None,
    end: str | None,
    reasons: Sequence[str] | None = None,
    *,
    is_unexplained_only: bool = False,
) -> GapSelection:
    """Read what is asked about.

    Raises:
        UsageError: One of them cannot be read, or they do not fit together.
    """
    return GapSelection(
        read_symbols(symbols),
        read_timeframes(timeframes),
        read_instant(start, "--start") if start else None,
        read_instant(end, "--end") if end else None,
        tuple(reason.strip().lower() for reason in reasons or ()),
        is_unexplained_only,
    )


def read_timeframes(texts: Sequence[str] | None) -> tuple[Timeframe, ...]:
    """Read timeframes; one word may hold several with commas.

    Raises:
        UsageError: One of them is none.
    """
    words = [word for text in texts or () for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(map(parse_timeframe, words)))
