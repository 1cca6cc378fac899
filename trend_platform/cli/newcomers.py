"""Symbols that people name for a list: known instruments are taken as they are, new ones join the universe, and that is said.

A misspelt symbol is a new one as well, since every share has a form like any other: so what it resembles is said too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from trend_platform.cli.output import Output
from trend_platform.domain.instruments import Instrument
from trend_platform.ingest.universe import add_symbols
from trend_platform.storage.base import Universe

# How alike a known symbol must be to be mentioned: one letter too many, or two that changed places.
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Named:
    """The instruments that were named.

    Attributes:
        instruments: All of them, in the order in which they were named.
        newcomers: Those that the universe did not have, by symbol.
        resembles: For a newcomer that looks like a known symbol, that symbol.
    """

    instruments: tuple[Instrument, ...]
    newcomers: Mapping[str, Instrument]
    resembles: Mapping[str, str]


def take_named(universe: Universe, symbols: Sequence[str]) -> Named:
    """Return the instruments of canonical symbols; those the universe does not have are added to it, their kind guessed.

    Raises:
        UsageError: A symbol cannot be one; nothing is added.
    """
    known = {one.symbol: one for one in universe.instruments()}
    fresh = [symbol for symbol in symbols if symbol not in known]
    newcomers = {one.symbol: one for one in add_symbols(universe, fresh)} if fresh else {}
    alike = {symbol: get_close_matches(symbol, list(known), n=1, cutoff=_ALIKE) for symbol in newcomers}
    both = {**known, **newcomers}
    resembles = {symbol: found[0] for symbol, found in alike.items() if found}
    return Named(tuple(both[symbol] for symbol in symbols), newcomers, resembles)


def say_newcomers(out: Output, named: Named) -> None:
    """Say which instruments are new in the universe, and what a misspelt one may have meant."""
    for symbol, one in named.newcomers.items():
        out.say(f"{symbol} was not kept here yet: added to the universe as {one.asset_class.value} on {one.calendar}.")
        if meant := named.resembles.get(symbol):
            out.say(f"If you meant {meant}: `trend instruments remove {symbol}` takes {symbol} out again.", "yellow")
    if named.newcomers:
        out.say(f"`trend backfill 1Y {' '.join(list(named.newcomers)[:5])}` fetches its history.")
