"""How Twelve Data spells instruments, both ways."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.twelvedata.symbols import canonical_of, ticker_of


@pytest.mark.parametrize(
    ("symbol", "kind", "ticker"),
    [
        ("AAPL", AssetClass.STOCK, "AAPL"),
        ("BRK.B", AssetClass.STOCK, "BRK.B"),
        ("SPY", AssetClass.ETF, "SPY"),
        ("BTC-USD", AssetClass.CRYPTO, "BTC/USD"),
        ("EUR-USD", AssetClass.FOREX, "EUR/USD"),
    ],
)
def test_symbols_go_there_and_come_back(symbol: str, kind: AssetClass, ticker: str) -> None:
    assert ticker_of(Instrument(1, symbol, kind, "XNYS")) == ticker
    assert canonical_of(ticker) == symbol
    assert canonical_of(f"{ticker}:NASDAQ") == symbol


@pytest.mark.parametrize(
    ("symbol", "kind"), [("^GSPC", AssetClass.INDEX), ("GC", AssetClass.COMMODITY), ("BTC", AssetClass.CRYPTO)]
)
def test_what_it_does_not_serve_has_no_symbol(symbol: str, kind: AssetClass) -> None:
    assert ticker_of(Instrument(1, symbol, kind, "24/7")) is None
