"""The contract of storage for everything but candles: ledgers, quarantine, splits, instruments, runs."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA, empty_splits
from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA, empty_quarantine
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.storage.base import Storage
from trend_platform_tests.storage.candle_frames import ALL, FETCHED, FIRST

JANUARY = days(date(2024, 1, 1), date(2024, 1, 31))
MARCH = days(date(2024, 3, 1), date(2024, 3, 31))
HOLE = days(date(2024, 1, 9), date(2024, 1, 10))


def known(storage: Storage, *symbols: str) -> list[int]:
    added = storage.universe.add([Instrument(0, symbol, AssetClass.STOCK, "XNYS") for symbol in symbols])
    return [one.instrument_id for one in added]


def span(one: int, interval=JANUARY, **changes: object) -> Span:
    return replace(Span(one, Timeframe.D1, interval, "polygon", FETCHED), **changes)


def gap(one: int, interval=HOLE, **changes: object) -> Gap:
    base = Gap(
        instrument_id=one,
        timeframe=Timeframe.D1,
        interval=interval,
        missing=2,
        reason=GapReason.UNKNOWN,
        provider="polygon",
        evidence="asked for it, and it is not there",
        attempts=1,
        first_seen_at=FETCHED,
        last_checked_at=FETCHED,
        next_check_at=FETCHED + timedelta(hours=12),
    )
    return replace(base, **changes)


def write_ledgers(
    storage: Storage, before: dict[int, Ledger], after: dict[int, Ledger], timeframe=Timeframe.D1
) -> None:
    with storage.market.begin(1) as transaction:
        transaction.lock(list(after))
        transaction.replace_ledgers(timeframe, before, after)


def test_a_series_nothing_is_known_of_has_an_empty_ledger(storage: Storage) -> None:
    assert storage.market.ledgers([5], Timeframe.D1) == {5: Ledger()}


def test_ledgers_come_back_as_they_were(storage: Storage) -> None:
    one, two = known(storage, "AAPL", "MSFT")
    after = {
        one: Ledger(
            (span(one), span(one, MARCH, provider="files")), (gap(one), gap(one, MARCH, is_believed=True, missing=20))
        ),
        two: Ledger((), (gap(two, reason=GapReason.FETCH_FAILED, attempts=4),)),
    }
    write_ledgers(storage, {}, after)
    assert storage.market.ledgers([one, two], Timeframe.D1) == after
    assert storage.market.ledgers([one], Timeframe.W1) == {one: Ledger()}
    with storage.market.begin(1) as transaction:
        assert transaction.ledgers([two, one], Timeframe.D1) == after


def test_replacing_a_ledger_leaves_only_what_is_after(storage: Storage) -> None:
    one, two = known(storage, "AAPL", "MSFT")
    before = {one: Ledger((span(one), span(one, MARCH)), (gap(one),)), two: Ledger((span(two),))}
    write_ledgers(storage, {}, before)
    longer = days(date(2024, 1, 1), date(2024, 3, 31))
    after = {one: Ledger((span(one, longer),), (gap(one, MARCH),)), two: before[two]}
    write_ledgers(storage, before, after)
    assert storage.market.ledgers([one, two], Timeframe.D1) == after
    write_ledgers(storage, after, {two: after[two]})
    assert storage.market.ledgers([one, two], Timeframe.D1) == {one: Ledger(), two: after[two]}


def test_a_gap_that_is_looked_at_again_is_replaced_in_place(storage: Storage) -> None:
    (one,) = known(storage, "AAPL")
    before = {one: Ledger((span(one),), (gap(one),))}
    write_ledgers(storage, {}, before)
    after = {one: Ledger((span(one),), (gap(one, attempts=2, reason=GapReason.NO_TRADES, is_believed=True),))}
    write_ledgers(storage, before, after)
    assert storage.market.ledgers([one], Timeframe.D1) == after


def test_ledgers_of_timeframes_do_not_meet(storage: Storage) -> None:
    (one,) = known(storage, "AAPL")
    daily = {one: Ledger((span(one),))}
    weekly = {one: Ledger((span(one, timeframe=Timeframe.W1),))}
    write_ledgers(storage, {}, daily)
    write_ledgers(storage, {}, weekly, Timeframe.W1)
    write_ledgers(storage, weekly, {one: Ledger()}, Timeframe.W1)
    assert storage.market.ledgers([one], Timeframe.D1) == daily


def test_a_failed_transaction_leaves_the_ledger_alone(storage: Storage) -> None:
    (one,) = known(storage, "AAPL")

    def write_and_fail() -> None:
        with storage.market.begin(1) as transaction:
            transaction.replace_ledgers(Timeframe.D1, {}, {one: Ledger((span(one),))})
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power"):
        write_and_fail()
    assert storage.market.ledgers([one], Timeframe.D1) == {one: Ledger()}


def aside(**changes: object) -> dict[str, object]:
    row = {
        "instrument_id": 1,
        "timeframe": "1d",
        "opened_at": FIRST,
        "provider": "polygon",
        "rule": "high_below_low",
        "reason": "high 1.0 is below low 2.0",
        "payload": '{"high": 1.0}',
        "fetched_at": FETCHED,
    }
    return row | changes


def quarantine(storage: Storage, *rows: dict[str, object]) -> int:
    frame = pl.DataFrame(list(rows), schema=QUARANTINE_SCHEMA, orient="row")
    with storage.market.begin(1) as transaction:
        return transaction.quarantine(frame)


def test_rows_set_aside_come_back_as_a_quarantine_frame(storage: Storage) -> None:
    rows = [aside(), aside(instrument_id=2), aside(opened_at=FIRST + timedelta(days=1), payload="{}")]
    assert quarantine(storage, *rows) == 3
    found = storage.market.quarantined([1], Timeframe.D1, ALL)
    assert found.schema == QUARANTINE_SCHEMA
    assert found.to_dicts() == [rows[0], rows[2]]
    assert storage.market.quarantined([1], Timeframe.W1, ALL).is_empty()
    assert storage.market.quarantined([1], Timeframe.D1, days(date(2024, 1, 2), date(2024, 1, 2))).height == 1


def test_a_row_set_aside_for_the_same_reason_is_kept_once(storage: Storage) -> None:
    quarantine(storage, aside())
    again = aside(fetched_at=FETCHED + timedelta(days=1), payload='{"high": 1.0, "fetched_at": "later"}')
    assert quarantine(storage, again) == 0
    assert storage.market.quarantined([1], Timeframe.D1, ALL).to_dicts() == [aside()]
    assert quarantine(storage, aside(rule="stale_run"), aside(reason="high 1.0 is below low 3.0"), aside()) == 2


def test_the_same_row_twice_in_one_frame_is_kept_once(storage: Storage) -> None:
    assert quarantine(storage, aside(), aside()) == 1


def test_rows_without_a_readable_time_are_told_apart_by_their_text(storage: Storage) -> None:
    lost = [aside(opened_at=None, instrument_id=None, payload=text) for text in ("a", "b", "a")]
    assert quarantine(storage, *lost) == 2
    assert quarantine(storage, *lost) == 0
    assert storage.market.quarantined([1], Timeframe.D1, ALL).is_empty()


def test_rows_of_an_instrument_without_a_readable_time_are_found_by_its_series(storage: Storage) -> None:
    lost = [aside(opened_at=None, payload=text) for text in ("a", "b")]
    quarantine(storage, aside(), *lost, aside(opened_at=None, instrument_id=2), aside(opened_at=None, timeframe="1h"))
    found = storage.market.unreadable([1], Timeframe.D1)
    assert found.schema == QUARANTINE_SCHEMA
    assert found.to_dicts() == lost
    assert storage.market.unreadable([3], Timeframe.D1).is_empty()


def test_setting_nothing_aside_is_nothing(storage: Storage) -> None:
    with storage.market.begin(1) as transaction:
        assert transaction.quarantine(empty_quarantine()) == 0


def splits(*rows: tuple[int, date, float, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row")


def add_splits(storage: Storage, frame: pl.DataFrame) -> int:
    with storage.market.begin(1) as transaction:
        return transaction.add_splits(frame)


def test_splits_are_kept_once_and_a_changed_ratio_is_replaced(storage: Storage) -> None:
    one, two = known(storage, "AAPL", "TSLA")
    first, second = date(2014, 6, 9), date(2020, 8, 31)
    assert (
        add_splits(
            storage, splits((two, second, 5.0, "polygon"), (one, second, 4.0, "polygon"), (one, first, 7.0, "polygon"))
        )
        == 3
    )
    assert add_splits(storage, splits((one, second, 4.0, "tiingo"), (two, second, 3.0, "tiingo"))) == 1
    assert storage.market.splits([one, two]).rows() == [
        (one, first, 7.0, "polygon"),
        (one, second, 4.0, "polygon"),
        (two, second, 3.0, "tiingo"),
    ]
    assert storage.market.splits([two]).height == 1
    assert storage.market.splits([]).equals(empty_splits())
    assert add_splits(storage, empty_splits()) == 0


def test_instruments_get_ids_that_stay_theirs(storage: Storage) -> None:
    apple = Instrument(0, "AAPL", AssetClass.STOCK, "XNYS", "Apple", date(1980, 12, 12))
    coin = Instrument(77, "BTC-USD", AssetClass.CRYPTO, "24/7")
    added = storage.universe.add([coin, apple])
    assert [one.symbol for one in added] == ["BTC-USD", "AAPL"]
    assert len({one.instrument_id for one in added} - {0}) == 2
    assert storage.universe.instruments() == (added[1], added[0])
    renamed = replace(apple, name="Apple Inc.", delisted_on=date(2030, 1, 1))
    assert storage.universe.add([renamed]) == (replace(renamed, instrument_id=added[1].instrument_id),)
    assert storage.universe.add([]) == ()
    assert len(storage.universe.instruments()) == 2


def test_knowing_an_instrument_already_uses_up_no_number(storage: Storage) -> None:
    (first,) = known(storage, "AAPL")
    for _ in range(3):
        known(storage, "AAPL")
    assert known(storage, "MSFT") == [first + 1]


def test_a_removed_instrument_is_gone_and_finds_its_id_when_it_is_back(storage: Storage) -> None:
    one, two = known(storage, "AAPL", "MSFT")
    assert storage.universe.remove(["AAPL", "NOPE"]) == 1
    assert [each.symbol for each in storage.universe.instruments()] == ["MSFT"]
    assert storage.universe.remove(["AAPL"]) == 0
    assert known(storage, "AAPL") == [one]
    assert [each.instrument_id for each in storage.universe.instruments()] == [one, two]


def test_runs_are_recorded_from_start_to_end(storage: Storage) -> None:
    begun, ended = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC)
    first = storage.runs.start("backfill", '{"calls": [1, 2]}', begun)
    second = storage.runs.start("import", "{}", begun)
    assert second > first
    storage.runs.finish(first, "failed", '{"error": "no"}', ended)
    running, failed = storage.runs.latest(5)
    assert (running.run_id, running.status, running.finished_at, running.outcome) == (second, "running", None, "")
    assert (failed.run_id, failed.kind, failed.status) == (first, "backfill", "failed")
    assert (failed.started_at, failed.finished_at) == (begun, ended)
    assert (json.loads(failed.plan), json.loads(failed.outcome)) == ({"calls": [1, 2]}, {"error": "no"})
    assert [run.run_id for run in storage.runs.latest(1)] == [second]


def test_runs_of_some_kinds_are_left_out_of_the_latest(storage: Storage) -> None:
    history = storage.runs.start("backfill", "{}", FETCHED)
    storage.runs.start("hourly", "{}", FETCHED)
    assert [run.run_id for run in storage.runs.latest(1, besides=("latest", "hourly"))] == [history]


def test_a_run_nobody_started_cannot_end(storage: Storage) -> None:
    with pytest.raises(UsageError, match="no run 12"):
        storage.runs.finish(12, "done", "{}", FETCHED)


def test_old_records_of_some_kinds_are_forgotten_and_their_numbers_never_come_back(storage: Storage) -> None:
    kinds = ("latest", "latest", "hourly", "backfill", "latest")
    numbers = [storage.runs.start(kind, "{}", FETCHED) for kind in kinds]
    for number, minutes in zip(numbers[:4], (1, 2, 1, 1), strict=True):
        storage.runs.finish(number, "done", "{}", FETCHED + timedelta(minutes=minutes))
    assert storage.runs.forget_before(FETCHED + timedelta(minutes=2), ("latest", "hourly")) == 2
    left = [run.run_id for run in storage.runs.latest(10)]
    assert left == [numbers[4], numbers[3], numbers[1]]
    assert storage.runs.forget_before(FETCHED + timedelta(minutes=2), ()) == 0
    assert storage.runs.start("latest", "{}", FETCHED) not in numbers


def test_runs_are_found_by_number_and_by_the_time_they_were_under_way(storage: Storage) -> None:
    first, second, third = (
        storage.runs.start(kind, "{}", FETCHED + timedelta(hours=hours))
        for kind, hours in (("backfill", 0), ("replay", 2), ("candles", 4))
    )
    storage.runs.finish(first, "done", "{}", FETCHED + timedelta(hours=1))
    storage.runs.finish(second, "failed", "{}", FETCHED + timedelta(hours=3))
    assert [run.kind for run in storage.runs.of([third, first, 999, first])] == ["backfill", "candles"]
    assert storage.runs.of([]) == ()
    then = {
        hours: [run.run_id for run in storage.runs.under_way(FETCHED + timedelta(hours=hours))] for hours in range(6)
    }
    assert then == {0: [first], 1: [first], 2: [second], 3: [second], 4: [third], 5: [third]}
