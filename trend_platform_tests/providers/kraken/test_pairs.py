"""Kraken's names of pairs, both ways."""

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.kraken.pairs import by_own_name, canonical_of, own_names, short_name_of
from trend_platform_tests.providers.exchanges import pair


@pytest.mark.parametrize(
    ("symbol", "short", "own"),
    [
        ("BTC-USD", "XBTUSD", "XXBTZUSD"),
        ("BTC-USDT", "XBTUSDT", "XBTUSDT"),
        ("DOGE-BTC", "XDGXBT", "XXDGXXBT"),
        ("DOGE-USD", "XDGUSD", "XDGUSD"),
        ("ETH-BTC", "ETHXBT", "XETHXXBT"),
        ("USDT-USD", "USDTUSD", "USDTZUSD"),
        ("SOL-EUR", "SOLEUR", "SOLEUR"),
    ],
)
def test_a_pair_is_asked_by_its_short_name_and_answered_by_its_own(symbol: str, short: str, own: str) -> None:
    assert short_name_of(pair(symbol)) == short
    assert own in own_names(pair(symbol))


@pytest.mark.parametrize("symbol", ["XBT-USD", "ETH-XBT", "XDG-USD", "BTC", "BTC-"])
def test_krakens_own_codes_and_single_coins_are_no_canonical_pairs(symbol: str) -> None:
    assert short_name_of(pair(symbol)) is None
    assert own_names(pair(symbol)) == frozenset()


def test_only_crypto_is_served() -> None:
    assert short_name_of(Instrument(1, "EUR-USD", AssetClass.FOREX, "24/5")) is None


@pytest.mark.parametrize(
    ("wsname", "symbol"), [("XBT/USD", "BTC-USD"), ("ETH/XBT", "ETH-BTC"), ("XDG/EUR", "DOGE-EUR"), ("x", None)]
)
def test_a_listed_pair_has_its_canonical_symbol(wsname: str, symbol: str | None) -> None:
    assert canonical_of(wsname) == symbol


def test_names_in_an_answer_lead_back_to_the_asked_pairs() -> None:
    bitcoin, doge, absent = pair("BTC-USD", 1), pair("DOGE-USD", 2), pair("SOL-USD", 3)
    assert by_own_name(["XXBTZUSD", "XDGUSD", "ADAUSD"], [bitcoin, doge, absent]) == {
        "XXBTZUSD": bitcoin,
        "XDGUSD": doge,
    }


def test_a_pair_told_twice_and_a_name_of_two_pairs_are_errors_that_name_them() -> None:
    with pytest.raises(Malformed, match="twice, as XBTUSD and XXBTZUSD"):
        by_own_name(["XXBTZUSD", "XBTUSD"], [pair("BTC-USD")])
    with pytest.raises(Malformed, match=r"could be AB-CUSD or ABC-USD"):
        by_own_name(["ABCUSD"], [pair("AB-CUSD", 1), pair("ABC-USD", 2)])
