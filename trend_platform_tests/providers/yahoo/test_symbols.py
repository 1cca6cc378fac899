"""Yahoo's spellings, both ways, and what has none."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.yahoo.symbols import canonical_of, ticker_of

SPELLINGS = [
    ("AAPL", AssetClass.STOCK, "XNYS", "AAPL"),
    ("BRK.B", AssetClass.STOCK, "XNYS", "BRK-B"),
    ("BAC.PRK", AssetClass.STOCK, "XNYS", "BAC-PK"),
    ("RY.TO", AssetClass.STOCK, "XTSE", "RY.TO"),
    ("RY.TO", AssetClass.STOCK, "XNYS", "RY.TO"),
    ("7203.T", AssetClass.STOCK, "XTKS", "7203.T"),
    ("SPY", AssetClass.ETF, "XNYS", "SPY"),
    ("BTC-USD", AssetClass.CRYPTO, "24/7", "BTC-USD"),
    ("EUR-USD", AssetClass.FOREX, "24/5", "EURUSD=X"),
    ("USD-JPY", AssetClass.FOREX, "24/5", "JPY=X"),
    ("^GSPC", AssetClass.INDEX, "XNYS", "^GSPC"),
]


@pytest.mark.parametrize(("symbol", "kind", "calendar", "ticker"), SPELLINGS)
def test_each_kind_is_spelt_as_yahoo_does_and_read_back(
    symbol: str, kind: AssetClass, calendar: str, ticker: str
) -> None:
    assert ticker_of(Instrument(1, symbol, kind, calendar)) == ticker
    assert canonical_of(ticker) == symbol


@pytest.mark.parametrize(
    ("symbol", "kind", "calendar"),
    [
        ("VOD.L", AssetClass.STOCK, "XLON"),
        ("NPN.JO", AssetClass.STOCK, "XJSE"),
        ("GOLD", AssetClass.COMMODITY, "XNYS"),
        ("ETH-BTC", AssetClass.CRYPTO, "24/7"),
        ("EURUSD", AssetClass.FOREX, "24/5"),
    ],
)
def test_what_it_cannot_serve_has_no_symbol(symbol: str, kind: AssetClass, calendar: str) -> None:
    assert ticker_of(Instrument(1, symbol, kind, calendar)) is None


def test_the_users_own_choice_wins() -> None:
    uni = Instrument(1, "UNI-USD", AssetClass.CRYPTO, "24/7")
    assert ticker_of(uni, {"UNI-USD": "UNI7083-USD"}) == "UNI7083-USD"
