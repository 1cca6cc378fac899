"""How FMP spells instruments, both ways: `BRK-B`, `BTCUSD`, `EURUSD`, `^GSPC`."""

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.spelling import dashed, dotted, joined, parted

SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})
_PAIRS = frozenset({AssetClass.CRYPTO, AssetClass.FOREX})
SERVED = SHARES | _PAIRS | {AssetClass.INDEX}


def symbol_of(instrument: Instrument) -> str | None:
    """Return FMP's spelling of an instrument, `None` for what it does not serve."""
    if instrument.asset_class in _PAIRS:
        return joined(instrument.symbol)
    if instrument.asset_class is AssetClass.INDEX:
        return instrument.symbol
    return dashed(instrument.symbol) if instrument.asset_class in SHARES else None


def canonical_of(symbol: str, asset_class: AssetClass) -> str | None:
    """Return the canonical symbol of one of FMP's, `None` for a pair in a currency that is not known.

    The kind has to be told: nothing in `BTCUSD` says that it is no share.
    """
    if asset_class in _PAIRS:
        return parted(symbol)
    return dotted(symbol) if asset_class in SHARES else symbol
