"""The contract of `Quarantine` and of decisions about rows set aside, passed by every store."""

from datetime import timedelta

import polars as pl
import pytest

from trend_platform.domain.quarantine import ASIDE_SCHEMA, QUARANTINE_SCHEMA, Decision
from trend_platform.storage.base import Storage
from trend_platform.storage.quarantine import Chosen
from trend_platform_tests.storage.candle_frames import FETCHED, FIRST

LATER = FETCHED + timedelta(days=1)


def aside(**changes: object) -> dict[str, object]:
    row = {
        "instrument_id": 1,
        "timeframe": "1d",
        "opened_at": FIRST,
        "provider": "polygon",
        "rule": "spike",
        "reason": "it leapt",
        "payload": '{"high": 1.0}',
        "fetched_at": FETCHED,
    }
    return row | changes


ROWS = (
    aside(),
    aside(instrument_id=2),
    aside(timeframe="1h"),
    aside(rule="stale_run", opened_at=FIRST + timedelta(days=1)),
    aside(instrument_id=None, opened_at=None, rule="unreadable_row"),
)


def fill(storage: Storage) -> list[int]:
    with storage.market.begin(7) as transaction:
        assert transaction.quarantine(pl.DataFrame(ROWS, schema=QUARANTINE_SCHEMA)) == len(ROWS)
    return storage.quarantine.rows(Chosen())["quarantine_id"].to_list()


def decide(storage: Storage, ids: list[int], decision: Decision) -> list[int]:
    with storage.market.begin(8) as transaction:
        return list(transaction.decide(ids, decision, LATER))


def test_rows_come_back_with_a_number_and_the_run_that_set_them_aside(storage: Storage) -> None:
    ids = fill(storage)
    found = storage.quarantine.rows(Chosen())
    assert found.schema == ASIDE_SCHEMA
    assert len(set(ids)) == len(ROWS)
    assert found.select(QUARANTINE_SCHEMA.names()).to_dicts() == list(ROWS)
    assert set(found["run_id"]) == {7}
    assert found["decision"].null_count() == len(ROWS)


@pytest.mark.parametrize(
    ("chosen", "places"),
    [
        (Chosen(instrument_ids=[2]), [1]),
        (Chosen(timeframe="1h"), [2]),
        (Chosen(rule="stale_run"), [3]),
        (Chosen(instrument_ids=[1], timeframe="1d"), [0, 3]),
        (Chosen(ids=[10**9]), []),
    ],
)
def test_rows_are_chosen_by_what_they_are(storage: Storage, chosen: Chosen, places: list[int]) -> None:
    ids = fill(storage)
    assert storage.quarantine.rows(chosen)["quarantine_id"].to_list() == [ids[place] for place in places]
    assert storage.quarantine.rows(Chosen(ids=ids[1:2]))["quarantine_id"].to_list() == ids[1:2]


def test_a_decision_is_made_once_and_the_row_stays(storage: Storage) -> None:
    ids = fill(storage)
    assert decide(storage, ids[:2], Decision.DROPPED) == ids[:2]
    assert decide(storage, ids[:3], Decision.DROPPED) == ids[2:3]
    assert storage.quarantine.rows(Chosen(undecided=True))["quarantine_id"].to_list() == ids[3:]
    row = storage.quarantine.rows(Chosen(ids=ids[:1])).row(0, named=True)
    assert (row["decision"], row["decided_at"], row["payload"]) == ("dropped", LATER, '{"high": 1.0}')


def test_what_was_dropped_can_be_released_and_what_was_released_is_for_good(storage: Storage) -> None:
    ids = fill(storage)
    decide(storage, ids[:1], Decision.DROPPED)
    assert decide(storage, ids[:1], Decision.RELEASED) == ids[:1]
    assert decide(storage, ids[:1], Decision.RELEASED) == []
    assert decide(storage, ids[:1], Decision.DROPPED) == []


def test_a_decision_of_a_failed_transaction_is_none(storage: Storage) -> None:
    ids = fill(storage)

    def decide_and_fail() -> None:
        with storage.market.begin(8) as transaction:
            transaction.decide(ids, Decision.RELEASED, LATER)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power"):
        decide_and_fail()
    assert storage.quarantine.rows(Chosen(undecided=True)).height == len(ROWS)


def test_the_same_row_set_aside_again_leaves_the_decision_alone(storage: Storage) -> None:
    ids = fill(storage)
    decide(storage, ids[:1], Decision.DROPPED)
    with storage.market.begin(9) as transaction:
        assert transaction.quarantine(pl.DataFrame([aside(fetched_at=LATER)], schema=QUARANTINE_SCHEMA)) == 0
    assert storage.quarantine.rows(Chosen(ids=ids[:1]))["decision"].to_list() == ["dropped"]
