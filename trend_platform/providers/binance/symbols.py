"""How Binance spells pairs, both ways: `BTCUSDT`, base and quote without a separator.

There is no US dollar on Binance: which stablecoin stands for it is a setting, and said wherever its prices are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import UsageError
from trend_platform.providers.spelling import pair_of
from trend_platform.settings import BinanceSettings

# Currencies something is traded against, from /api/v3/exchangeInfo.
QUOTE_ASSETS = (
    *("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USDP", "PAX", "USDS", "BTC", "ETH", "BNB", "TRX"),
    *("XRP", "DOGE", "DOT", "SOL", "DAI", "VAI", "GYEN", "UST", "IDRT", "BIDR", "BKRW", "NGN"),
    *("RUB", "TRY", "EUR", "ZAR", "UAH", "BRL", "GBP", "AUD", "JPY", "PLN", "RON", "ARS"),
    *("CZK", "MXN", "COP", "EURI", "BVND", "USD1", "AEUR", "XUSD", "U", "IDR"),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A pair as Binance trades it.

    Attributes:
        symbol: Binance's symbol.
        stands_for: What is to be known of it: which currency stands for which; empty if none does.
    """

    symbol: str
    stands_for: str = ""


def listing_of(instrument: Instrument, settings: BinanceSettings) -> Listing | None:
    """Return how Binance trades a pair, `None` for anything that is no pair there."""
    pair = pair_of(instrument)
    if pair is None:
        return None
    base, quote = pair
    chosen = settings.symbols.get(instrument.symbol)
    if chosen is not None:
        return Listing(chosen, f"{chosen} stands for {instrument.symbol}")
    traded = settings.quote_currencies.get(quote, quote)
    if base == traded:
        return None
    return Listing(f"{base}{traded}", f"{quote} is {traded} there" if traded != quote else "")


def canonical_of(symbol: str, known: Mapping[str, tuple[str, str]] = MappingProxyType({})) -> str:
    """Return the canonical symbol of one of Binance's: `BTC-USDT` of `BTCUSDT`.

    Args:
        symbol: Binance's symbol.
        known: Base and quote by symbol, as `/api/v3/exchangeInfo` tells them; without them the spelling must decide.

    Raises:
        UsageError: It can be read as several pairs, or as none; the message names the candidates.
    """
    if symbol in known:
        return "-".join(known[symbol])
    candidates = [f"{symbol.removesuffix(quote)}-{quote}" for quote in QUOTE_ASSETS if symbol.endswith(quote)]
    readable = [pair for pair in candidates if len(pair.partition("-")[0]) > 1]
    if len(readable) == 1:
        return readable[0]
    found = f"it can be {' or '.join(readable)}" if readable else "it ends with no currency that is traded against"
    raise UsageError(f"binance's {symbol} names no pair for certain: {found}; write the pair with its dash")
