"""How Bitfinex spells pairs, both ways: `tBTCUSD`, with a colon where a code is longer than three letters, `tDOGE:USD`.

Some coins have codes of their own, and some of those codes are other coins' symbols: `AMP` is Ampleforth here, so the coin that
everybody else calls AMP cannot be asked by that name. Codes: https://api-pub.bitfinex.com/v2/conf/pub:map:currency:sym
"""

from types import MappingProxyType

from trend_platform.domain.instruments import Instrument
from trend_platform.providers.spelling import pair_of

_CODES = MappingProxyType(
    {
        "USDT": "UST",
        "USDC": "UDC",
        "ALGO": "ALG",
        "AMPL": "AMP",
        "ATOM": "ATO",
        "BCH": "BCHN",
        "DASH": "DSH",
        "DATA": "DAT",
        "EURS": "EUS",
        "EURT": "EUT",
        "IOTA": "IOT",
        "LUNA": "LUNA2",
        "LUNC": "LUNA",
        "MANA": "MNA",
        "MDOGE": "DOG",
        "QASH": "QSH",
        "QTUM": "QTM",
        "RBTC": "RBT",
        "SNGLS": "SNG",
        "STORJ": "STJ",
        "TUSD": "TSD",
        "VSYS": "VSY",
        "WAXP": "WAX",
        "XCHF": "XCH",
        "XEC": "BCHABC",
        "YOYOW": "YYW",
    }
)
_SYMBOLS = MappingProxyType({code: symbol for symbol, code in _CODES.items()})
_SHORT = 3


def symbol_of(instrument: Instrument) -> str | None:
    """Return how Bitfinex spells a pair: `tBTCUSD`, `tBTCUST`, `tDOGE:USD`; `None` for anything that is no pair of crypto.

    A pair of a coin whose symbol is another coin's code is `None` too.
    """
    base, quote = (_code(symbol) for symbol in pair_of(instrument) or ("", ""))
    if not base or not quote:
        return None
    separator = "" if len(base) == len(quote) == _SHORT else ":"
    return f"t{base}{separator}{quote}"


def canonical_of(symbol: str) -> str | None:
    """Return the canonical symbol of one of Bitfinex's pairs; `None` for funding (`fUSD`) and derivatives (`tBTCF0:USTF0`)."""
    if not symbol.startswith("t") or "F0" in symbol:
        return None
    base, colon, quote = symbol[1:].partition(":")
    if not colon:
        if len(base) != 2 * _SHORT:
            return None
        base, quote = base[:_SHORT], base[_SHORT:]
    return f"{_SYMBOLS.get(base, base)}-{_SYMBOLS.get(quote, quote)}"


def _code(symbol: str) -> str | None:
    if symbol in _CODES:
        return _CODES[symbol]
    return None if symbol in _SYMBOLS else symbol
