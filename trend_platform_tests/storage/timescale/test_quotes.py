"""What only a real database can show of quotes: several writers at once, readers while chunks go, what is left of chunks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import polars as pl
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from trend_platform.domain.quotes import as_quotes
from trend_platform.storage.timescale.store import TimescaleStorage, open_timescale
from trend_platform_tests.storage.quote_frames import OPENED, quotes

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MIDNIGHT = OPENED.replace(hour=0, minute=0)


@pytest.fixture
def another(timescale: TimescaleStorage, database_url: str) -> Iterator[TimescaleStorage]:
    """The same database through connections of its own, as another process has it."""
    opened = open_timescale(SecretStr(database_url))
    yield opened
    opened.close()


def days(instrument_ids: range, count: int) -> pl.DataFrame:
    """Two quotes a day of each instrument."""
    moments = [MIDNIGHT + DAY * nth + MINUTE * part for nth in range(count) for part in (1, 2)]
    return as_quotes(pl.concat([quotes(*instrument_ids, at=at) for at in moments]))


def chunks(url: str) -> dict[str, int]:
    """Return the rows of each chunk by the chunk's name, oldest first."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT chunk_schema, chunk_name FROM timescaledb_information.chunks "
            "WHERE hypertable_name = 'quotes' ORDER BY range_start"
        ).fetchall()
        count = sql.SQL("SELECT count(*) FROM {}")
        return {name[1]: row[0] for name in names for row in connection.execute(count.format(sql.Identifier(*name)))}


def test_two_that_add_the_same_quotes_at_once_store_each_once_and_neither_fails(
    timescale: TimescaleStorage, another: TimescaleStorage
) -> None:
    both_ready = Barrier(2)

    def add(storage: TimescaleStorage, frame: pl.DataFrame) -> int:
        both_ready.wait(timeout=10)
        return storage.quotes.add(frame)

    with ThreadPoolExecutor(2) as pool:
        for nth in range(3):
            at, ids = OPENED + MINUTE * nth, range(1, 8000)
            # Which of them have a bid decides in which order they are sent: each writer has its own.
            low = quotes(*ids, at=at).with_columns(bid=pl.when(pl.col("instrument_id") < 4000).then(1.0))
            high = quotes(*ids, at=at, bid=2.0)
            mixed = pl.concat([high.tail(4000), high.head(3999).with_columns(bid=None)])
            added = [pool.submit(add, timescale, low), pool.submit(add, another, mixed)]
            assert sum(one.result(timeout=30) for one in added) == 7999


def test_chunks_go_as_a_whole_but_for_the_newest_quote_of_who_has_no_younger_one(
    timescale: TimescaleStorage, database_url: str
) -> None:
    timescale.quotes.add(days(range(1, 50), 4))
    timescale.quotes.add(days(range(50, 53), 2))
    assert list(chunks(database_url).values()) == [104, 104, 98, 98]
    before = timescale.quotes.latest(range(1, 53))
    assert timescale.quotes.forget_before(MIDNIGHT + DAY * 2) == 104 + 101
    left = chunks(database_url)
    assert list(left.values()) == [3, 98, 98]
    assert timescale.quotes.forget_before(MIDNIGHT + DAY * 2) == 0
    assert chunks(database_url) == left
    assert timescale.quotes.latest(range(1, 53)).equals(before)
    timescale.quotes.add(quotes(*range(50, 53), at=MIDNIGHT + DAY * 3))
    assert timescale.quotes.forget_before(MIDNIGHT + DAY * 2) == 3
    assert list(chunks(database_url).values()) == [98, 101]


def test_a_chunk_that_is_not_old_as_a_whole_stays(timescale: TimescaleStorage, database_url: str) -> None:
    timescale.quotes.add(days(range(1, 5), 2))
    assert timescale.quotes.forget_before(MIDNIGHT + DAY - timedelta(microseconds=1)) == 0
    assert list(chunks(database_url).values()) == [8, 8]


def test_a_quote_that_is_only_in_the_future_is_kept(timescale: TimescaleStorage) -> None:
    timescale.quotes.add(quotes(1, at=MIDNIGHT + DAY * 400))
    assert timescale.quotes.forget_before(MIDNIGHT) == 0
    assert timescale.quotes.latest([1]).height == 1


def test_readers_and_writers_go_on_while_two_forget_chunk_after_chunk(
    timescale: TimescaleStorage, another: TimescaleStorage
) -> None:
    count, is_over = 12, Event()
    timescale.quotes.add(days(range(1, 300), count))
    expected = timescale.quotes.latest(range(1, 300))

    def read() -> int:
        reads = 0
        while not is_over.is_set():
            assert another.quotes.latest(range(1, 300)).equals(expected)
            reads += 1
        return reads

    def write() -> int:
        writes = 0
        while not is_over.is_set():
            writes += another.quotes.add(quotes(1, at=MIDNIGHT + MINUTE * writes - DAY, fetched_at=OPENED))
        return writes

    with ThreadPoolExecutor(5) as pool:
        busy = [pool.submit(read), pool.submit(read), pool.submit(write)]
        for nth in range(1, count):
            forgotten = [pool.submit(one.quotes.forget_before, MIDNIGHT + DAY * nth) for one in (timescale, another)]
            assert sum(one.result(timeout=60) for one in forgotten) >= 598
        is_over.set()
        assert all(one.result(timeout=30) for one in busy)
    assert timescale.quotes.latest(range(1, 300)).equals(expected)
