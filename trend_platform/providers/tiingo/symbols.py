"""How Tiingo spells instruments, both ways: classes of shares with a dash, crypto pairs without a separator, lower case."""

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.spelling import dashed, dotted, joined, parted

SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})


def ticker_of(instrument: Instrument) -> str | None:
    """Return Tiingo's ticker of an instrument, `None` if it has none: `brk-b`, `btcusd`."""
    if instrument.asset_class in SHARES:
        return dashed(instrument.symbol).lower()
    pair = joined(instrument.symbol) if instrument.asset_class is AssetClass.CRYPTO else None
    return pair.lower() if pair else None


def canonical_of(ticker: str, kind: AssetClass) -> str | None:
    """Return the canonical symbol of one of Tiingo's tickers of that kind, `None` if it cannot be told.

    The kind has to be said: `btcusd` would be a share's ticker as well.
    """
    text = ticker.upper()
    return dotted(text) if kind in SHARES else parted(text) if kind is AssetClass.CRYPTO else None
