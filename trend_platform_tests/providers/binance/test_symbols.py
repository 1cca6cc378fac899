"""Binance's spellings, both ways, and which dollar is meant."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import UsageError
from trend_platform.providers.binance.symbols import Listing, canonical_of, listing_of
from trend_platform.settings import BinanceSettings


def _coin(symbol: str) -> Instrument:
    return Instrument(1, symbol, AssetClass.CRYPTO, "24/7")


def test_dollars_are_a_stablecoin_and_it_is_said() -> None:
    assert listing_of(_coin("BTC-USD"), BinanceSettings()) == Listing("BTCUSDT", "USD is USDT there")
    other = BinanceSettings(quote_currencies={"USD": "USDC"})
    assert listing_of(_coin("BTC-USD"), other) == Listing("BTCUSDC", "USD is USDC there")


def test_other_currencies_are_themselves() -> None:
    assert listing_of(_coin("ETH-BTC"), BinanceSettings()) == Listing("ETHBTC")
    assert listing_of(_coin("BTC-USDT"), BinanceSettings()) == Listing("BTCUSDT")


def test_the_users_own_choice_wins_and_is_said() -> None:
    settings = BinanceSettings(symbols={"XYZ-USD": "XYZ1USDT"})
    assert listing_of(_coin("XYZ-USD"), settings) == Listing("XYZ1USDT", "XYZ1USDT stands for XYZ-USD")


def test_a_coin_against_itself_and_what_is_no_coin_have_none() -> None:
    assert listing_of(_coin("USDT-USD"), BinanceSettings()) is None
    assert listing_of(Instrument(1, "AAPL", AssetClass.STOCK, "XNYS"), BinanceSettings()) is None
    assert listing_of(_coin("BTC"), BinanceSettings()) is None


def test_a_symbol_is_read_back_as_the_pair_it_is() -> None:
    assert canonical_of("BTCUSDC") == "BTC-USDC"
    assert canonical_of("ETHBTC") == "ETH-BTC"
    assert canonical_of("BTCUSDT", {"BTCUSDT": ("BTC", "USDT")}) == "BTC-USDT"


def test_a_symbol_of_several_pairs_is_an_error_that_names_them() -> None:
    with pytest.raises(UsageError, match="BTCA-EUR or BTC-AEUR"):
        canonical_of("BTCAEUR")
    with pytest.raises(UsageError, match="ends with no currency"):
        canonical_of("QQQQ")
