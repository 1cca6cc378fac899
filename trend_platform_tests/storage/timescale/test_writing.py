"""What only a real database can show: which rows were touched, who waits for whom, what a second writer does."""

from threading import Event, Thread

import polars as pl
import psycopg
import pytest

from trend_platform.domain.candles import as_candles
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UnavailableError
from trend_platform.storage.base import Upsert
from trend_platform.storage.timescale.store import TimescaleStorage
from trend_platform_tests.storage.candle_frames import ALL, candles, later

Versions = list[tuple[object, ...]]


def row_versions(url: str) -> Versions:
    """Return where each candle lies and which transaction wrote it: any write would change it."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT tableoid, ctid, xmin, xmax FROM market.candles_daily ORDER BY tableoid, ctid"
        ).fetchall()


def put(storage: TimescaleStorage, frame: pl.DataFrame) -> Upsert:
    with storage.market.begin(1) as transaction:
        transaction.lock(frame["instrument_id"].to_list())
        return transaction.upsert(frame)


def test_an_upsert_that_changes_nothing_touches_no_row(timescale: TimescaleStorage, database_url: str) -> None:
    frame = candles(1, 2, count=700)
    put(timescale, frame)
    before = row_versions(database_url)
    assert put(timescale, later(frame)) == Upsert(unchanged=1400)
    assert row_versions(database_url) == before


def test_one_changed_candle_touches_one_row(timescale: TimescaleStorage, database_url: str) -> None:
    frame = candles(1, 2, count=700)
    put(timescale, frame)
    before = row_versions(database_url)
    assert put(timescale, later(frame.slice(500, 1), close=1.5)) == Upsert(corrected=1)
    assert len(set(row_versions(database_url)) - set(before)) == 1


def test_a_writer_waits_for_another_one_of_the_same_instrument_and_for_no_other(timescale: TimescaleStorage) -> None:
    has_lock = {one: Event() for one in (1, 5)}

    def second(one: int) -> None:
        with timescale.market.begin(2) as transaction:
            transaction.lock([one, one + 100])
            has_lock[one].set()

    threads = [Thread(target=second, args=(one,)) for one in has_lock]
    with timescale.market.begin(1) as transaction:
        transaction.lock([2, 1])
        for thread in threads:
            thread.start()
        assert has_lock[5].wait(10)
        assert not has_lock[1].wait(0.3)
    assert has_lock[1].wait(10)
    for thread in threads:
        thread.join(10)


def test_writers_of_the_same_instruments_in_any_order_all_get_through(timescale: TimescaleStorage) -> None:
    orders = [[1, 2, 3], [3, 2, 1], [2, 3, 1], [1025, 1, 3]]

    def write(order: list[int]) -> None:
        for _ in range(10):
            with timescale.market.begin(1) as transaction:
                transaction.lock(order)
                transaction.upsert(candles(*order))

    threads = [Thread(target=write, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert timescale.market.count_candles(Timeframe.D1, dict.fromkeys([1, 2, 3, 1025], ALL)) == dict.fromkeys(
        [1, 2, 3, 1025], 3
    )


def test_a_writer_without_a_lock_is_met_by_comparing_again(timescale: TimescaleStorage) -> None:
    found: list[Upsert] = []

    def careless() -> None:
        with timescale.market.begin(2) as transaction:
            found.append(transaction.upsert(as_candles(pl.concat([later(candles(1, count=4), close=9.0), candles(2)]))))

    thread = Thread(target=careless)
    with timescale.market.begin(1) as transaction:
        transaction.upsert(candles(1))
        thread.start()  # sees nothing stored, and then waits for the first of our keys
        thread.join(0.5)
    thread.join(10)
    assert found == [Upsert(inserted=4, corrected=3)]
    assert timescale.market.candles([1], Timeframe.D1, ALL)["close"].to_list() == [9.0] * 4
    assert timescale.market.revisions(1, Timeframe.D1, ALL)["close"].to_list() == candles(1)["close"].to_list()


def test_an_impossible_candle_is_refused_by_the_database_and_takes_its_batch_along(timescale: TimescaleStorage) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        put(timescale, as_candles(pl.concat([candles(1), candles(2, high=float("nan"))])))
    assert timescale.market.count_candles(Timeframe.D1, {1: ALL}) == {1: 0}


def test_a_connection_that_is_cut_leaves_nothing_and_the_next_one_works(
    timescale: TimescaleStorage, database_url: str
) -> None:
    def write_and_be_cut() -> None:
        with timescale.market.begin(1) as transaction:
            transaction.upsert(candles(1))
            with psycopg.connect(database_url) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'trend' AND datname = current_database()"
                )
            transaction.upsert(candles(2))

    with pytest.raises(UnavailableError, match="nothing of this batch was stored"):
        write_and_be_cut()
    assert put(timescale, candles(1, 2)) == Upsert(inserted=6)
