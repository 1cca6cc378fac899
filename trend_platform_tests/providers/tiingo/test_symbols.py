"""How Tiingo spells instruments, both ways."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.tiingo.symbols import canonical_of, ticker_of


@pytest.mark.parametrize(
    ("symbol", "kind", "ticker"),
    [
        ("AAPL", AssetClass.STOCK, "aapl"),
        ("BRK.B", AssetClass.STOCK, "brk-b"),
        ("SPY", AssetClass.ETF, "spy"),
        ("BTC-USD", AssetClass.CRYPTO, "btcusd"),
        ("ETH-USDT", AssetClass.CRYPTO, "ethusdt"),
        ("FLDC-BTC", AssetClass.CRYPTO, "fldcbtc"),
    ],
)
def test_symbols_go_there_and_come_back(symbol: str, kind: AssetClass, ticker: str) -> None:
    assert ticker_of(Instrument(1, symbol, kind, "XNYS")) == ticker
    assert canonical_of(ticker, kind) == symbol


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("EUR-USD", AssetClass.FOREX),
        ("^GSPC", AssetClass.INDEX),
        ("GC", AssetClass.COMMODITY),
        ("BTC", AssetClass.CRYPTO),
    ],
)
def test_what_it_does_not_serve_has_no_ticker(symbol: str, kind: AssetClass) -> None:
    assert ticker_of(Instrument(1, symbol, kind, "24/7")) is None


@pytest.mark.parametrize(("ticker", "kind"), [("fldcxyz", AssetClass.CRYPTO), ("eurusd", AssetClass.FOREX)])
def test_a_ticker_whose_parts_cannot_be_told_is_no_guess(ticker: str, kind: AssetClass) -> None:
    assert canonical_of(ticker, kind) is None
