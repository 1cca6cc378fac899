"""How Polygon spells instruments, both ways. Prefixes mark everything that is not a share: `X:`, `C:`, `I:`."""

from types import MappingProxyType

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.spelling import joined

# Indices carry the index providers' codes, not the ones people type: https://polygon.io/docs/indices
_INDEX_CODES = MappingProxyType(
    {"^GSPC": "SPX", "^DJI": "DJI", "^IXIC": "COMP", "^NDX": "NDX", "^RUT": "RUT", "^VIX": "VIX"}
)
_INDEX_SYMBOLS = MappingProxyType({code: symbol for symbol, code in _INDEX_CODES.items()})
_PAIR_PREFIX = MappingProxyType({AssetClass.CRYPTO: "X:", AssetClass.FOREX: "C:"})
# Pairs are written without a separator, so the quote currency is told by its known codes, the longest first.
_QUOTES = ("USDT", "USDC", "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "BTC", "ETH")


def ticker_of(instrument: Instrument) -> str | None:
    """Return Polygon's ticker of an instrument, `None` if it has none: `BRK.B`, `X:BTCUSD`, `C:EURUSD`, `I:SPX`."""
    symbol, kind = instrument.symbol, instrument.asset_class
    if kind in _PAIR_PREFIX:
        pair = joined(symbol)
        return f"{_PAIR_PREFIX[kind]}{pair}" if pair else None
    if kind is AssetClass.INDEX:
        return f"I:{_INDEX_CODES.get(symbol, symbol.removeprefix('^'))}"
    return symbol if kind in {AssetClass.STOCK, AssetClass.ETF} else None


def canonical_of(ticker: str) -> str | None:
    """Return the canonical symbol of one of Polygon's tickers, `None` if it is of a kind not kept here, as options are."""
    prefix, colon, rest = ticker.partition(":")
    if not colon:
        return ticker
    if prefix == "I":
        return _INDEX_SYMBOLS.get(rest, f"^{rest}")
    if prefix not in {"X", "C"}:
        return None
    quote = next((quote for quote in _QUOTES if rest.endswith(quote) and len(rest) > len(quote)), rest[-3:])
    return f"{rest.removesuffix(quote)}-{quote}"
