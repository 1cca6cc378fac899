"""Spellings that several providers share, both ways: classes of shares with a dash, pairs with and without a separator.

A provider's own codes live with it. Two instruments with one spelling are an error that names both.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import QUOTES
from trend_platform.errors import Malformed, ProviderError

_CRYPTO = frozenset({AssetClass.CRYPTO})
_LONGEST_FIRST = tuple(sorted(QUOTES, key=lambda code: (-len(code), code)))


def dashed(symbol: str) -> str:
    """Return a share's symbol with a dash before its class: `BRK.B` becomes `BRK-B`."""
    return symbol.replace(".", "-")


def dotted(symbol: str) -> str:
    """Return the canonical symbol of a share whose class was written with a dash."""
    return symbol.replace("-", ".")


def pair_of(instrument: Instrument, kinds: frozenset[AssetClass] = _CRYPTO) -> tuple[str, str] | None:
    """Return base and quote of a pair of one of `kinds`; `None` for anything else, and for a coin alone."""
    base, dash, quote = instrument.symbol.partition("-")
    is_pair = instrument.asset_class in kinds and dash and base and quote
    return (base, quote) if is_pair else None


def joined(symbol: str) -> str | None:
    """Return a pair without its separator: `BTC-USD` becomes `BTCUSD`; `None` if it is no pair."""
    base, dash, quote = symbol.partition("-")
    return f"{base}{quote}" if dash and base and quote else None


def parted(text: str) -> str | None:
    """Return the canonical symbol of a pair written without a separator, by the known codes of its quote currency.

    The longest code that fits wins: `BTCUSDT` is `BTC-USDT`. `None` if no known code fits.
    """
    quote = next((code for code in _LONGEST_FIRST if text.endswith(code) and len(text) > len(code)), None)
    return None if quote is None else f"{text.removesuffix(quote)}-{quote}"


@dataclass(frozen=True, slots=True)
class Spelt:
    """Instruments by a provider's spelling.

    Attributes:
        found: The instrument that each spelling means.
        clashing: Per instrument id whose spelling another one has too, the error that names both.
        unspelt: Ids of instruments the provider has no spelling for.
    """

    found: Mapping[str, Instrument]
    clashing: Mapping[int, ProviderError]
    unspelt: frozenset[int]


def by_spelling(provider: str, instruments: Iterable[Instrument], spell: Callable[[Instrument], str | None]) -> Spelt:
    """Return the instruments by their spelling; those that an answer could not tell apart are errors and no guess."""
    holders: dict[str, dict[int, Instrument]] = {}
    unspelt = set[int]()
    for one in instruments:
        text = spell(one)
        if text is None:
            unspelt.add(one.instrument_id)
        else:
            holders.setdefault(text, {})[one.instrument_id] = one
    clashing: dict[int, ProviderError] = {}
    for text, held in holders.items():
        if len(held) > 1:
            names = " and ".join(f"{one.symbol} ({one.asset_class})" for one in held.values())
            error = Malformed(provider, f"spells {names} alike, {text}: its answer cannot tell them apart")
            clashing |= dict.fromkeys(held, error)
    found = {text: next(iter(held.values())) for text, held in holders.items() if len(held) == 1}
    return Spelt(found, clashing, frozenset(unspelt))


def ids_by(column: str, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return `column`, the provider's spelling, and `instrument_id` of instruments by it: what rows are joined with."""
    return pl.DataFrame(
        {column: list(instruments), "instrument_id": [one.instrument_id for one in instruments.values()]},
        schema={column: pl.String(), "instrument_id": pl.Int32()},
    )
