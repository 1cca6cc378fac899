from datetime import date

import pytest

from trend_platform.domain.instruments import AssetClass
from trend_platform.errors import UsageError
from trend_platform.ingest.universe import add_symbols, ensure_universe
from trend_platform_tests.ingest.desk import Desk


def test_what_is_not_said_is_guessed_from_the_symbols_form():
    added = add_symbols(Desk().storage.universe, ["aapl", "spy", "btc/usd", "eur-usd"])
    assert {one.symbol: (one.asset_class, one.calendar) for one in added} == {
        "AAPL": (AssetClass.STOCK, "XNYS"),
        "SPY": (AssetClass.ETF, "XNYS"),
        "BTC-USD": (AssetClass.CRYPTO, "24/7"),
        "EUR-USD": (AssetClass.FOREX, "24/5"),
    }


def test_adding_a_symbol_again_keeps_its_number_and_its_listing():
    universe = Desk().storage.universe
    (first,) = add_symbols(universe, ["AAPL"], listings={"AAPL": date(1980, 12, 12)})
    (again,) = add_symbols(universe, ["AAPL"])
    assert again == first


def test_one_bad_symbol_and_nothing_is_added():
    universe = Desk().storage.universe
    with pytest.raises(UsageError):
        add_symbols(universe, ["AAPL", "not a symbol!"])
    assert universe.instruments() == ()


def test_the_default_universe_fills_an_empty_one_only():
    universe = Desk().storage.universe
    ensure_universe(universe, ["AAPL"])
    assert [one.symbol for one in ensure_universe(universe, ["MSFT"])] == ["AAPL"]


def test_an_unknown_symbol_is_met_with_what_it_may_have_meant():
    desk = Desk()
    desk.add("GOOGL")
    with pytest.raises(UsageError, match="did you mean GOOGL"):
        desk.workshop().select(["GOGL"])
