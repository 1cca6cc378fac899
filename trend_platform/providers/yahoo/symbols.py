"""How Yahoo spells instruments, both ways: `BRK-B`, `BTC-USD`, `EURUSD=X`, `^GSPC`, `RY.TO`."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import FIAT, QUOTES

# Exchanges that quote in hundredths of their currency (GBp, ZAc, ILA). Latest prices come without their currency, so
# nothing of them is served: a price that may be off by a hundred is worse than none.
IN_HUNDREDTHS = MappingProxyType({"XLON": "GBp", "XJSE": "ZAc", "XTAE": "ILA"})

_INDICES = MappingProxyType({"^SPX": "^GSPC", "^COMP": "^IXIC"})
_UNITED_STATES = frozenset({"XNYS", "XNAS", "XASE", "ARCX", "BATS"})
# A letter after the dot is a class of shares in New York, and an exchange elsewhere: `VOD.L`, `7203.T`.
_CLASS = re.compile(r"^([A-Z0-9]+)\.([A-Z])$")
_PREFERRED = re.compile(r"^([A-Z0-9]+)\.PR([A-Z])$")
_PAIR = re.compile(r"^([A-Z]{3})([A-Z]{3})?=X$")
_SHOWN_CLASS = re.compile(r"^([A-Z0-9]+)-([A-Z])$")
_SHOWN_PREFERRED = re.compile(r"^([A-Z0-9]+)-P([A-Z])$")


def ticker_of(instrument: Instrument, chosen: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """Return Yahoo's symbol of an instrument, `None` if it cannot be served.

    Args:
        instrument: The instrument.
        chosen: Yahoo's symbols by canonical ones, as the user set them; they win.
    """
    symbol, kind = instrument.symbol, instrument.asset_class
    if symbol in chosen:
        return chosen[symbol]
    if instrument.calendar in IN_HUNDREDTHS or kind is AssetClass.COMMODITY:
        return None
    if kind is AssetClass.INDEX:
        return _INDICES.get(symbol, symbol if symbol.startswith("^") else f"^{symbol}")
    base, dash, quote = symbol.partition("-")
    if kind is AssetClass.CRYPTO:
        return symbol if dash and quote in FIAT else None
    if kind is AssetClass.FOREX:
        return (f"{quote}=X" if base == "USD" else f"{base}{quote}=X") if dash else None
    return _share(symbol, instrument.calendar)


def canonical_of(ticker: str) -> str:
    """Return the canonical symbol of one of Yahoo's; a currency alone is priced in US dollars' terms: `JPY=X` is `USD-JPY`."""
    pair = _PAIR.match(ticker)
    if pair is not None:
        return f"{pair[1]}-{pair[2]}" if pair[2] else f"USD-{pair[1]}"
    base, dash, rest = ticker.partition("-")
    if dash and rest in QUOTES:
        return ticker
    if (preferred := _SHOWN_PREFERRED.match(ticker)) is not None:
        return f"{preferred[1]}.PR{preferred[2]}"
    if (share := _SHOWN_CLASS.match(ticker)) is not None:
        return f"{share[1]}.{share[2]}"
    return f"{base}.{rest}" if dash else ticker


def _share(symbol: str, calendar: str) -> str:
    if calendar not in _UNITED_STATES:
        return symbol
    if (preferred := _PREFERRED.match(symbol)) is not None:
        return f"{preferred[1]}-P{preferred[2]}"
    # Two letters and more are an exchange, whatever the calendar: `RY.TO`.
    return _CLASS.sub(r"\1-\2", symbol)
