"""The contract of storage for corporate actions: kept once, replaced when they say another thing, dropped by key."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import ACTION_SCHEMA, SPLIT_SCHEMA, ActionKind, as_actions, empty_actions
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import UsageError
from trend_platform.storage.base import Storage

TOLD = datetime(2024, 6, 1, 12, tzinfo=UTC)
JUNE, JULY = date(2024, 6, 10), date(2024, 7, 1)


def known(storage: Storage, *symbols: str) -> list[int]:
    added = storage.universe.add([Instrument(0, symbol, AssetClass.STOCK, "XNYS") for symbol in symbols])
    return [one.instrument_id for one in added]


def action(one: int, kind: ActionKind, ex_date: date = JUNE, **says: object) -> dict[str, object]:
    blank = {"ratio": None, "amount": None, "currency": None, "detail": "", "provider": "polygon", "fetched_at": TOLD}
    return {"instrument_id": one, "kind": kind.value, "ex_date": ex_date, **blank, **says}


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ACTION_SCHEMA, orient="row")


def test_actions_of_every_kind_come_back_sorted_by_key(storage: Storage) -> None:
    one, two = known(storage, "META", "TWX")
    told = frame(
        action(two, ActionKind.DELISTING, JULY, detail="taken over", provider="user"),
        action(one, ActionKind.SYMBOL_CHANGE, detail="FB", fetched_at=None),
        action(one, ActionKind.SPLIT, ratio=4.0),
        action(one, ActionKind.DIVIDEND, amount=0.5, currency="USD"),
    )
    assert storage.actions.record(told, empty_actions()) == 4
    assert storage.actions.of([two, one]).equals(told.sort("instrument_id", "kind", "ex_date"))
    assert storage.actions.of([two])["kind"].to_list() == ["delisting"]
    assert storage.actions.of([]).equals(empty_actions())


def test_saying_the_same_again_changes_nothing_and_another_amount_replaces(storage: Storage) -> None:
    (one,) = known(storage, "AAPL")
    first = frame(action(one, ActionKind.DIVIDEND, amount=0.5, currency="USD"))
    storage.actions.record(first, empty_actions())
    later = TOLD + timedelta(days=1)
    again = frame(action(one, ActionKind.DIVIDEND, amount=0.5, currency="USD", provider="tiingo", fetched_at=later))
    assert storage.actions.record(again, empty_actions()) == 0
    assert storage.actions.of([one]).equals(first)
    other = again.with_columns(amount=pl.lit(0.6))
    assert storage.actions.record(other, empty_actions()) == 1
    assert storage.actions.of([one]).equals(other)


def test_an_action_moves_by_being_dropped_and_kept_at_once(storage: Storage) -> None:
    (one,) = known(storage, "AAPL")
    before = frame(action(one, ActionKind.SPLIT, JUNE, ratio=2.0), action(one, ActionKind.DIVIDEND, JUNE, amount=1.0))
    storage.actions.record(before, empty_actions())
    after = frame(action(one, ActionKind.SPLIT, JULY, ratio=2.0))
    gone = frame(action(one, ActionKind.SPLIT, JUNE), action(one, ActionKind.SPLIT, date(1999, 1, 4)))
    assert storage.actions.record(after, gone) == 2
    assert storage.actions.of([one]).select("kind", "ex_date").rows() == [("dividend", JUNE), ("split", JULY)]


def test_splits_of_a_transaction_and_recorded_ones_are_the_same_rows(storage: Storage) -> None:
    one, two = known(storage, "AAPL", "MSFT")
    split = pl.DataFrame([(one, JUNE, 2.0, "polygon")], schema=SPLIT_SCHEMA, orient="row")
    with storage.market.begin(1) as transaction:
        assert transaction.add_splits(split) == 1
    assert storage.actions.of([one]).equals(as_actions(split, ActionKind.SPLIT, None))
    storage.actions.record(frame(action(two, ActionKind.SPLIT, ratio=3.0)), empty_actions())
    assert storage.market.splits([one, two])["ratio"].to_list() == [2.0, 3.0]


def test_an_instrument_keeps_its_number_under_another_symbol(storage: Storage) -> None:
    one, _ = known(storage, "FB", "AAPL")
    renamed = storage.universe.rename("FB", "META")
    assert (renamed.instrument_id, renamed.symbol) == (one, "META")
    assert [found.symbol for found in storage.universe.instruments()] == ["AAPL", "META"]
    assert known(storage, "META") == [one]


def test_two_symbols_change_places_where_the_new_one_has_left_the_universe(storage: Storage) -> None:
    one, two = known(storage, "FB", "META")
    storage.universe.remove(["META"])
    assert storage.universe.rename("FB", "META").instrument_id == one
    assert [(found.symbol, found.instrument_id) for found in storage.universe.instruments()] == [("META", one)]
    assert known(storage, "FB") == [two]


@pytest.mark.parametrize(
    ("symbol", "to", "says"), [("FB", "AAPL", "AAPL is in the universe"), ("X", "Y", "X is not in")]
)
def test_a_symbol_is_never_taken_from_another_one(storage: Storage, symbol: str, to: str, says: str) -> None:
    known(storage, "FB", "AAPL")
    with pytest.raises(UsageError, match=says):
        storage.universe.rename(symbol, to)
    assert [found.symbol for found in storage.universe.instruments()] == ["AAPL", "FB"]
