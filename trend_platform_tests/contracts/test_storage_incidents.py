"""The contract of `Incidents`, passed by every store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from trend_platform.storage.base import Storage
from trend_platform.storage.realtime import Incident

NOON = datetime(2024, 5, 6, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def incident(key: str = "stale:latest_prices", minutes: int = 0, **changes: object) -> Incident:
    at = NOON + minutes * MINUTE
    return replace(Incident(key, f"{key} is wrong", at, at), **changes)


def test_at_first_nothing_was_wrong(storage: Storage) -> None:
    storage.incidents.save([])
    assert (storage.incidents.unfinished(), storage.incidents.latest(5)) == ((), ())


def test_an_incident_comes_back_as_it_was(storage: Storage) -> None:
    given = incident(
        told_at=NOON + MINUTE, closed_at=NOON + 2 * MINUTE, last_seen_at=NOON + MINUTE, summary="é \n 'x' %"
    )
    storage.incidents.save([given])
    assert storage.incidents.latest(5) == (given,)


def test_the_open_ones_are_unfinished_oldest_first(storage: Storage) -> None:
    young, old, over = incident("b", 2), incident("c", 1), incident("a", closed_at=NOON + MINUTE)
    storage.incidents.save([young, old, over])
    assert storage.incidents.unfinished() == (old, young)


def test_an_incident_that_is_saved_again_is_replaced(storage: Storage) -> None:
    storage.incidents.save([incident("a"), incident("b")])
    told = incident("a", summary="worse", told_at=NOON, last_seen_at=NOON + MINUTE)
    storage.incidents.save([told])
    assert storage.incidents.unfinished() == (told, incident("b"))
    over = replace(told, closed_at=NOON + 2 * MINUTE)
    storage.incidents.save([told, over])
    assert storage.incidents.unfinished() == (incident("b"),)
    assert set(storage.incidents.latest(5)) == {over, incident("b")}


def test_the_same_trouble_later_is_another_incident(storage: Storage) -> None:
    first, second = incident(closed_at=NOON + MINUTE), incident(minutes=5)
    storage.incidents.save([first])
    storage.incidents.save([second])
    assert storage.incidents.latest(5) == (second, first)
    assert storage.incidents.latest(1) == (second,)


def test_old_incidents_that_are_over_go_and_open_ones_stay(storage: Storage) -> None:
    old, at_the_edge = incident("old", closed_at=NOON + MINUTE), incident("edge", closed_at=NOON + 2 * MINUTE)
    open_ = incident("open")
    storage.incidents.save([old, at_the_edge, open_])
    assert storage.incidents.forget_before(NOON + 2 * MINUTE) == 1
    assert set(storage.incidents.latest(5)) == {at_the_edge, open_}
    assert storage.incidents.forget_before(NOON + 2 * MINUTE) == 0
