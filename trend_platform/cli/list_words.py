"""What the verbs of watchlists, portfolios and the overview have in common: names read, absences told, promises made."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

import typer

from trend_platform.cli.arguments import read_symbols
from trend_platform.cli.output import Output
from trend_platform.errors import UsageError
from trend_platform.wording import counted

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Of the list, such as tech.")]
SymbolsToTakeOff = Annotated[list[str] | None, typer.Argument(metavar="SYMBOL...", help="Such as AAPL BTC-USD.")]
AllOption = Annotated[bool, typer.Option("--all", help="Everything that is on it, instead of symbols.")]


def read_list_name(text: str, known_symbols: Sequence[str], verb: str) -> str:
    """Read the name of a list.

    Raises:
        UsageError: It is empty, or is a symbol that is kept here: then the name was probably forgotten.
    """
    name = text.strip()
    if not name:
        raise UsageError(f"a list needs a name: `trend {verb} NAME ...`")
    if name.upper() in known_symbols:
        raise UsageError(f"{text!r} is a symbol, and the name of the list comes first: `trend {verb} NAME {name} ...`")
    return name


def read_leavers(texts: Sequence[str] | None, *, everything: bool) -> tuple[str, ...]:
    """Read the symbols to be taken off a list; none means everything.

    Raises:
        UsageError: Neither symbols nor `--all` were said, or both.
    """
    symbols = read_symbols(texts)
    if bool(symbols) == everything:
        raise UsageError("say which symbols to take off, or --all for everything, and not both")
    return symbols


def require_list(name: str, known: Sequence[str], kind: str) -> None:
    """See that a list is there.

    Raises:
        UsageError: It is not; the message names the one that was probably meant.
    """
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known) or 'none'}"
        raise UsageError(f"there is no {kind} {name!r}; {hint}")


def require_on_list(symbols: Sequence[str], there: Sequence[str], place: str) -> None:
    """See that all symbols are on a list, so that a misspelt one takes nothing off.

    Raises:
        UsageError: One of them is not.
    """
    for symbol in symbols:
        if symbol not in there:
            close = get_close_matches(symbol, there, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it holds {', '.join(there) or 'nothing'}"
            raise UsageError(f"{symbol} is not {place}, and nothing was changed; {hint}")


def say_added(out: Output, added: Sequence[str], already: Sequence[str], place: str) -> None:
    """Say what is on a list from now on, and what that brings."""
    if already:
        out.say(f"{', '.join(already)} {'was' if len(already) == 1 else 'were'} {place} already.")
    if added:
        out.say(f"{', '.join(added)} {'is' if len(added) == 1 else 'are'} {place} from now on.")
        out.say(
            "Refreshed while the market is open, as long as `trend up` keeps Dagster running: the price each minute, the "
            f"hourly chart every ten. `trend latest {' '.join(added[:5])}` shows it."
        )


def say_removed(out: Output, removed: Sequence[str], place: str) -> None:
    """Say what is no longer on a list."""
    out.say(f"{counted(len(removed), 'symbol')} taken {place}: {', '.join(removed)}. Stored candles and quotes stay.")
