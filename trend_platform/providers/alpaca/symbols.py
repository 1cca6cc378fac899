"""How Alpaca spells instruments, both ways: shares as they are, crypto with a slash."""

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.spelling import pair_of

SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})


def ticker_of(instrument: Instrument) -> str | None:
    """Return Alpaca's symbol of an instrument, `None` if it has none: `BRK.B`, `BTC/USD`."""
    if instrument.asset_class in SHARES:
        return instrument.symbol
    pair = pair_of(instrument)
    return "/".join(pair) if pair else None


def canonical_of(ticker: str) -> str:
    """Return the canonical symbol of one of Alpaca's."""
    return ticker.replace("/", "-")
