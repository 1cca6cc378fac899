"""How Alpha Vantage spells instruments, both ways: shares with a dash (`BRK-B`), pairs as two codes."""

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers import spelling
from trend_platform.providers.spelling import dashed, dotted

SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})
PAIRS = frozenset({AssetClass.CRYPTO, AssetClass.FOREX})


def symbol_of(instrument: Instrument) -> str | None:
    """Return the provider's spelling, `BRK-B` or `BTC/USD`; `None` for what it does not serve."""
    if instrument.asset_class in SHARES:
        return dashed(instrument.symbol)
    pair = pair_of(instrument)
    return f"{pair[0]}/{pair[1]}" if pair else None


def pair_of(instrument: Instrument) -> tuple[str, str] | None:
    """Return the two codes of a pair of coins or currencies, `None` for anything else."""
    return spelling.pair_of(instrument, PAIRS)


def canonical_of(symbol: str) -> str:
    """Return the canonical symbol of a share as the provider spells it."""
    return dotted(symbol.upper())
