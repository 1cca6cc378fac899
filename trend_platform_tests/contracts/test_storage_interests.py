"""The contract of `Interests`, passed by every store."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import UsageError
from trend_platform.storage.base import Storage
from trend_platform.storage.realtime import Holding

STRANGER = Instrument(999_999, "NOPE", AssetClass.STOCK, "XNYS")


def known(storage: Storage, *symbols: str) -> list[Instrument]:
    return list(storage.universe.add([Instrument(0, symbol, AssetClass.STOCK, "XNYS") for symbol in symbols]))


def symbols(instruments: Iterable[Instrument]) -> list[str]:
    return [one.symbol for one in instruments]


def test_at_first_nobody_looks_at_anything(storage: Storage) -> None:
    known(storage, "AAPL")
    interests = storage.interests
    assert (interests.active(), interests.watchlists(), interests.portfolios(), interests.overview()) == (
        (),
        {},
        {},
        (),
    )


def test_what_is_active_is_the_union_of_all_lists_by_symbol(storage: Storage) -> None:
    msft, aapl, spy, ko, _ = known(storage, "MSFT", "AAPL", "SPY", "KO", "IBM")
    storage.interests.watch("mine", [msft, spy])
    storage.interests.watch("yours", [aapl, msft])
    storage.interests.hold("savings", [Holding(ko, 1.0), Holding(aapl, 2.0)])
    storage.interests.show([spy])
    assert storage.interests.active() == (aapl, ko, msft, spy)


def test_an_instrument_that_left_the_universe_is_not_active_and_still_on_its_lists(storage: Storage) -> None:
    aapl, msft = known(storage, "AAPL", "MSFT")
    storage.interests.watch("mine", [aapl, msft])
    storage.interests.hold("savings", [Holding(aapl, 1.0)])
    storage.interests.show([aapl])
    storage.universe.remove(["AAPL"])
    assert symbols(storage.interests.active()) == ["MSFT"]
    assert symbols(storage.interests.watchlists()["mine"]) == ["AAPL", "MSFT"]
    assert storage.interests.hide(["AAPL"]) == 1
    known(storage, "AAPL")
    assert symbols(storage.interests.active()) == ["AAPL", "MSFT"]


def test_lists_show_what_the_universe_says_now(storage: Storage) -> None:
    (aapl,) = known(storage, "AAPL")
    storage.interests.watch("mine", [aapl])
    storage.interests.hold("savings", [Holding(aapl, 1.0)])
    storage.interests.show([aapl])
    (named,) = storage.universe.add([replace(aapl, name="Apple")])
    assert storage.interests.watchlists() == {"mine": (named,)}
    assert storage.interests.portfolios() == {"savings": (Holding(named, 1.0),)}
    assert storage.interests.overview() == storage.interests.active() == (named,)


def test_a_watchlist_keeps_the_order_it_was_filled_in(storage: Storage) -> None:
    ids = known(storage, "SPY", "AAPL", "MSFT", "KO", "IBM")
    spy, aapl, msft, ko, ibm = ids
    assert storage.interests.watch("mine", [msft, aapl]) == 2
    assert storage.interests.watch("mine", [spy, msft, ibm, spy]) == 2
    assert storage.interests.unwatch("mine", ["AAPL"]) == 1
    assert storage.interests.watch("mine", [ko, aapl]) == 2
    assert symbols(storage.interests.watchlists()["mine"]) == ["MSFT", "SPY", "IBM", "KO", "AAPL"]


def test_watchlists_come_by_name_and_do_not_meet(storage: Storage) -> None:
    aapl, msft = known(storage, "AAPL", "MSFT")
    for name in ("zebra", "Apes", "ape", "äffchen"):
        storage.interests.watch(name, [aapl, msft])
    assert list(storage.interests.watchlists()) == ["Apes", "ape", "zebra", "äffchen"]
    assert storage.interests.unwatch("ape", ["AAPL"]) == 1
    assert symbols(storage.interests.watchlists()["ape"]) == ["MSFT"]
    assert symbols(storage.interests.watchlists()["zebra"]) == ["AAPL", "MSFT"]


def test_an_empty_watchlist_is_gone(storage: Storage) -> None:
    aapl, msft = known(storage, "AAPL", "MSFT")
    assert storage.interests.watch("mine", []) == 0
    assert storage.interests.watchlists() == {}
    storage.interests.watch("mine", [aapl])
    assert storage.interests.unwatch("mine", ["AAPL"]) == 1
    storage.interests.watch("yours", [aapl, msft])
    assert storage.interests.unwatch("yours") == 2
    assert storage.interests.watchlists() == {}


def test_taking_away_what_is_not_there_is_none(storage: Storage) -> None:
    aapl, _ = known(storage, "AAPL", "MSFT")
    storage.interests.watch("mine", [aapl])
    storage.interests.hold("savings", [Holding(aapl, 1.0)])
    storage.interests.show([aapl])
    for gone in (
        storage.interests.unwatch("mine", ["MSFT", "NOPE"]),
        storage.interests.unwatch("yours", ["AAPL"]),
        storage.interests.unwatch("yours"),
        storage.interests.release("savings", ["MSFT"]),
        storage.interests.release("others"),
        storage.interests.hide(["NOPE"]),
    ):
        assert gone == 0
    assert storage.interests.active() == (aapl,)


def test_a_portfolio_holds_quantities_and_costs_by_symbol(storage: Storage) -> None:
    msft, aapl = known(storage, "MSFT", "AAPL")
    storage.interests.hold("savings", [Holding(msft, 2.5, 310.25), Holding(aapl, -1.0)])
    assert storage.interests.portfolios() == {"savings": (Holding(aapl, -1.0), Holding(msft, 2.5, 310.25))}


def test_a_holding_of_the_same_instrument_is_replaced(storage: Storage) -> None:
    msft, aapl = known(storage, "MSFT", "AAPL")
    storage.interests.hold("savings", [Holding(msft, 2.0, 300.0), Holding(aapl, 1.0)])
    storage.interests.hold("savings", [Holding(msft, 7.0), Holding(msft, 3.0)])
    storage.interests.hold("others", [Holding(aapl, 9.0)])
    assert storage.interests.portfolios() == {
        "others": (Holding(aapl, 9.0),),
        "savings": (Holding(aapl, 1.0), Holding(msft, 3.0)),
    }


def test_what_is_released_is_gone_and_an_empty_portfolio_too(storage: Storage) -> None:
    msft, aapl, spy = known(storage, "MSFT", "AAPL", "SPY")
    storage.interests.hold("empty", [])
    storage.interests.hold("savings", [Holding(one, 1.0) for one in (msft, aapl, spy)])
    assert storage.interests.release("savings", ["AAPL", "SPY", "NOPE"]) == 2
    assert storage.interests.portfolios() == {"savings": (Holding(msft, 1.0),)}
    assert storage.interests.release("savings") == 1
    assert storage.interests.portfolios() == {}


def test_the_overview_keeps_its_order_and_can_be_cleared(storage: Storage) -> None:
    spy, aapl, msft = known(storage, "SPY", "AAPL", "MSFT")
    assert storage.interests.show([]) == 0
    assert storage.interests.show([spy, aapl]) == 2
    assert storage.interests.show([msft, spy]) == 1
    assert symbols(storage.interests.overview()) == ["SPY", "AAPL", "MSFT"]
    assert storage.interests.hide(["AAPL"]) == 1
    assert symbols(storage.interests.overview()) == ["SPY", "MSFT"]
    assert storage.interests.hide() == 2
    assert storage.interests.overview() == ()


def test_lists_are_made_of_instruments_the_store_knows_and_nothing_of_a_bad_call_is_kept(storage: Storage) -> None:
    (aapl,) = known(storage, "AAPL")
    for fill in (
        lambda: storage.interests.watch("mine", [aapl, STRANGER]),
        lambda: storage.interests.hold("mine", [Holding(aapl, 1.0), Holding(STRANGER, 1.0)]),
        lambda: storage.interests.show([aapl, STRANGER]),
    ):
        with pytest.raises(UsageError, match="NOPE"):
            fill()
    assert storage.interests.active() == ()
