"""The universe: which instruments the platform keeps, made from symbols as people type them."""

from collections.abc import Mapping, Sequence
from datetime import date

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import canonical_symbol, default_calendar, guess_asset_class
from trend_platform.storage.base import Universe


def add_symbols(
    universe: Universe,
    symbols: Sequence[str],
    asset_class: AssetClass | None = None,
    calendar: str | None = None,
    listings: Mapping[str, date] | None = None,
) -> tuple[Instrument, ...]:
    """Add instruments by symbol; what is not said is guessed from the symbol's form. Known ones are updated.

    Args:
        universe: Where they are kept.
        symbols: As people type them.
        asset_class: Their kind; guessed where `None`.
        calendar: Their trading calendar; the usual one of their kind where `None`.
        listings: First trading days, by canonical symbol, where known.

    Raises:
        UsageError: A symbol cannot be one; nothing is added.
    """
    known = {one.symbol: one for one in universe.instruments()}
    fresh = []
    for symbol in dict.fromkeys(canonical_symbol(symbol) for symbol in symbols):
        kind = asset_class or (known[symbol].asset_class if symbol in known else guess_asset_class(symbol))
        listed_on = (listings or {}).get(symbol) or (known[symbol].listed_on if symbol in known else None)
        delisted_on = known[symbol].delisted_on if symbol in known else None
        venue = calendar or default_calendar(kind)
        fresh.append(Instrument(0, symbol, kind, venue, listed_on=listed_on, delisted_on=delisted_on))
    return universe.add(fresh)


def ensure_universe(universe: Universe, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """Return the universe; fill an empty one with `symbols` first."""
    return universe.instruments() or add_symbols(universe, symbols)
