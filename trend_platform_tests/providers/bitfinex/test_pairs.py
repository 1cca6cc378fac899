"""Bitfinex's spelling of pairs, both ways."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.bitfinex.pairs import _CODES, canonical_of, symbol_of
from trend_platform_tests.providers.exchanges import pair

PAIRS = [
    ("BTC-USD", "tBTCUSD"),
    ("BTC-USDT", "tBTCUST"),
    ("ETH-BTC", "tETHBTC"),
    ("DOGE-USD", "tDOGE:USD"),
    ("AAVE-USDT", "tAAVE:UST"),
    ("BCH-USD", "tBCHN:USD"),
    ("DASH-BTC", "tDSHBTC"),
    ("ATOM-USD", "tATOUSD"),
]


@pytest.mark.parametrize(("symbol", "spelt"), PAIRS)
def test_a_pair_is_spelt_and_read_back(symbol: str, spelt: str) -> None:
    assert symbol_of(pair(symbol)) == spelt
    assert canonical_of(spelt) == symbol


@pytest.mark.parametrize("symbol", ["AMP-USD", "UST-USD", "WAX-USD", "BTC-UST", "BTC", "-USD", "BTC-"])
def test_a_symbol_that_is_another_coins_code_cannot_be_asked(symbol: str) -> None:
    assert symbol_of(pair(symbol)) is None


def test_the_two_coins_called_luna_are_not_mixed_up() -> None:
    assert symbol_of(pair("LUNA-USD")) == "tLUNA2:USD"
    assert symbol_of(pair("LUNC-USD")) == "tLUNA:USD"
    assert (canonical_of("tLUNA2:USD"), canonical_of("tLUNA:USD")) == ("LUNA-USD", "LUNC-USD")


def test_no_two_symbols_share_a_code() -> None:
    assert len(set(_CODES.values())) == len(_CODES)


@pytest.mark.parametrize("symbol", ["fUSD", "tBTCF0:USTF0", "tBTC", "BTCUSD", ""])
def test_funding_and_derivatives_are_no_pairs(symbol: str) -> None:
    assert canonical_of(symbol) is None


def test_only_crypto_is_served() -> None:
    assert symbol_of(Instrument(1, "EUR-USD", AssetClass.FOREX, "24/5")) is None
