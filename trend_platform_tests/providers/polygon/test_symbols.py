"""Polygon's spelling of instruments, both ways."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.polygon.symbols import canonical_of, ticker_of

PAIRS = [
    ("AAPL", AssetClass.STOCK, "AAPL"),
    ("BRK.B", AssetClass.STOCK, "BRK.B"),
    ("SPY", AssetClass.ETF, "SPY"),
    ("BTC-USD", AssetClass.CRYPTO, "X:BTCUSD"),
    ("ETH-BTC", AssetClass.CRYPTO, "X:ETHBTC"),
    ("SOL-USDT", AssetClass.CRYPTO, "X:SOLUSDT"),
    ("EUR-USD", AssetClass.FOREX, "C:EURUSD"),
    ("^NDX", AssetClass.INDEX, "I:NDX"),
    ("^GSPC", AssetClass.INDEX, "I:SPX"),
    ("^SOX", AssetClass.INDEX, "I:SOX"),
]


@pytest.mark.parametrize(("symbol", "kind", "ticker"), PAIRS)
def test_a_symbol_and_its_ticker_lead_to_each_other(symbol: str, kind: AssetClass, ticker: str) -> None:
    assert ticker_of(Instrument(1, symbol, kind, "XNYS")) == ticker
    assert canonical_of(ticker) == symbol


def test_what_polygon_does_not_serve_has_no_ticker() -> None:
    assert ticker_of(Instrument(1, "GC", AssetClass.COMMODITY, "XNYS")) is None
    assert ticker_of(Instrument(1, "BTC", AssetClass.CRYPTO, "24/7")) is None
    assert canonical_of("O:SPY251219C00650000") is None
