"""Spellings several providers share: there and back, and what cannot be told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import QUOTES
from trend_platform.errors import Malformed
from trend_platform.providers.spelling import by_spelling, dashed, dotted, ids_by, joined, pair_of, parted


@given(st.from_regex(r"[A-Z]{1,5}(\.[A-Z]{1,3})?", fullmatch=True))
def test_a_share_comes_back_as_it_was(symbol: str) -> None:
    assert dotted(dashed(symbol)) == symbol


@given(st.sampled_from(["BTC", "ETH", "DOGE", "EUR", "1INCH"]), st.sampled_from(sorted(QUOTES)))
def test_a_pair_of_known_codes_comes_back_as_it_was(base: str, quote: str) -> None:
    text = joined(f"{base}-{quote}")
    assert text is not None
    assert parted(text) == f"{base}-{quote}"


@pytest.mark.parametrize("text", ["", "USD", "BTCXYZ", "BTC"])
def test_a_pair_in_an_unknown_currency_is_not_guessed(text: str) -> None:
    assert parted(text) is None


@pytest.mark.parametrize("symbol", ["AAPL", "BTC-", "-USD", ""])
def test_what_is_no_pair_is_not_joined(symbol: str) -> None:
    assert joined(symbol) is None


@pytest.mark.parametrize(
    ("symbol", "kind", "found"),
    [
        ("BTC-USD", AssetClass.CRYPTO, ("BTC", "USD")),
        ("BTC-", AssetClass.CRYPTO, None),
        ("-USD", AssetClass.CRYPTO, None),
        ("BTC", AssetClass.CRYPTO, None),
        ("EUR-USD", AssetClass.FOREX, None),
    ],
)
def test_a_pair_of_crypto_has_a_base_and_a_quote(symbol: str, kind: AssetClass, found: tuple[str, str] | None) -> None:
    assert pair_of(Instrument(1, symbol, kind, "24/7")) == found


def test_instruments_that_are_spelt_alike_are_errors_that_name_both_and_the_others_stay() -> None:
    share = Instrument(1, "BTCUSD", AssetClass.STOCK, "XNYS")
    coin = Instrument(2, "BTC-USD", AssetClass.CRYPTO, "24/7")
    other, odd = (Instrument(n, symbol, AssetClass.STOCK, "XNYS") for n, symbol in ((3, "AAPL"), (4, "NONE")))
    spelt = by_spelling(
        "p", [share, coin, other, other, odd], lambda one: None if one is odd else one.symbol.replace("-", "")
    )
    assert dict(spelt.found) == {"AAPL": other}
    assert spelt.unspelt == {4}
    assert set(spelt.clashing) == {1, 2}
    error = spelt.clashing[1]
    assert isinstance(error, Malformed)
    assert "BTCUSD (stock) and BTC-USD (crypto) alike, BTCUSD" in str(error)


def test_the_kinds_whose_pairs_are_meant_can_be_told() -> None:
    currencies = Instrument(1, "EUR-USD", AssetClass.FOREX, "24/5")
    assert pair_of(currencies, frozenset({AssetClass.FOREX})) == ("EUR", "USD")
    assert pair_of(Instrument(2, "BTC-USD", AssetClass.CRYPTO, "24/7"), frozenset({AssetClass.FOREX})) is None


def test_rows_are_joined_with_ids_by_the_spelling_and_none_is_an_empty_table() -> None:
    share = Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS")
    assert ids_by("ticker", {"BRK-B": share}).rows(named=True) == [{"ticker": "BRK-B", "instrument_id": 7}]
    empty = ids_by("ticker", {})
    assert (empty.height, empty.schema) == (0, ids_by("ticker", {"BRK-B": share}).schema)
