"""Symbols as people type them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.symbols import canonical_symbol, default_calendar, guess_asset_class, unknown_symbol
from trend_platform.errors import UsageError


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("AAPL", "AAPL"),
        (" aapl\n", "AAPL"),
        ("brk-b", "BRK.B"),
        ("BRK/B", "BRK.B"),
        ("brk.b", "BRK.B"),
        ("BRK B", "BRK.B"),
        ("BRK_B", "BRK.B"),
        ("btc/usd", "BTC-USD"),
        ("BTC_USD", "BTC-USD"),
        ("btc usdt", "BTC-USDT"),
        ("eth-btc", "ETH-BTC"),
        ("eur/usd", "EUR-USD"),
        ("^gspc", "^GSPC"),
        ("7203.t", "7203.T"),
        ("0700.hk", "0700.HK"),
        ("1inch-usd", "1INCH-USD"),
        ("doge-trx", "DOGE-TRX"),
    ],
)
def test_spellings_become_one(text: str, symbol: str) -> None:
    assert canonical_symbol(text) == symbol


@pytest.mark.parametrize(
    "text", ["", "  ", "-", "A" * 7, "BRK--B", "A-B-C", "AAPL\nMSFT", "^", "^GS PC", "ÄÖÜ", "'; drop", "A.B.C"]
)
def test_what_cannot_be_a_symbol_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no symbol; expected one like AAPL"):
        canonical_symbol(text)


@given(
    st.one_of(
        st.text(max_size=12), st.from_regex(r"[ ]?[\^]?[A-Za-z0-9]{1,7}([-./_ ][A-Za-z0-9]{1,5})?", fullmatch=True)
    )
)
def test_a_canonical_symbol_is_its_own_canonical_form(text: str) -> None:
    try:
        symbol = canonical_symbol(text)
    except UsageError:
        assume(False)
    assert canonical_symbol(symbol) == canonical_symbol(symbol.lower()) == symbol
    assert symbol.isascii()
    assert symbol == symbol.upper().strip()


@pytest.mark.parametrize(
    ("symbol", "asset_class", "calendar"),
    [
        ("AAPL", AssetClass.STOCK, "XNYS"),
        ("BRK.B", AssetClass.STOCK, "XNYS"),
        ("SPY", AssetClass.ETF, "XNYS"),
        ("BTC-USD", AssetClass.CRYPTO, "24/7"),
        ("BTC-EUR", AssetClass.CRYPTO, "24/7"),
        ("USDT-USD", AssetClass.CRYPTO, "24/7"),
        ("EUR-USD", AssetClass.FOREX, "24/5"),
        ("^GSPC", AssetClass.INDEX, "XNYS"),
    ],
)
def test_a_symbol_tells_its_class_and_the_class_its_calendar(
    symbol: str, asset_class: AssetClass, calendar: str
) -> None:
    assert guess_asset_class(symbol) is asset_class
    assert default_calendar(asset_class) == calendar


def test_an_unknown_symbol_is_answered_with_close_ones_or_how_to_add_it() -> None:
    assert str(unknown_symbol("GOGL", ["GOOGL", "AAPL"])) == "GOGL is not in the universe; did you mean GOOGL?"
    assert "trend instruments add TSM" in str(unknown_symbol("TSM", ["GOOGL"]))
