"""Storing 619,130 daily candles, fresh and unchanged, beside a bare binary COPY of the same rows.

The bare COPY sends a buffer encoded beforehand, in the same order, into an equal hypertable of its own database. Ours
includes locks, the look at what is there, encoding and the commit. One connection each; runs alternate; medians.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

import numpy as np
import polars as pl
import psycopg
from pydantic import SecretStr

from trend_platform.domain.candles import as_candles
from trend_platform.storage.base import PriceKind, Upsert
from trend_platform.storage.timescale.binary import encode
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.store import TimescaleStorage, open_timescale
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

SYMBOLS, DAYS, ROUNDS = 505, 1226, 5
_BLOCK = 1 << 20
_OTHERS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'trend'"


def measure(found: services.Services) -> list[Figure]:
    """Return the ratios of storing fresh and unchanged candles to the bare COPY, and the tuples touched."""
    ours, bare = (_database(found, name) for name in ("bench_ours", "bench_bare"))
    candles = daily_candles()
    rows, buffer = candles.height, b"".join(encode(candles))
    storage = open_timescale(ours)
    fresh, unchanged, limit, touched = [], [], [], []
    try:
        for _ in range(ROUNDS):
            _settle(found)
            limit.append(_bare_copy(bare, buffer))
            _empty(ours)
            _settle(found)
            fresh.append(_timed_store(storage, candles, Upsert(inserted=rows)))
            before = _tuples(ours, storage)
            _settle(found)
            unchanged.append(_timed_store(storage, candles, Upsert(unchanged=rows)))
            touched.append(_tuples(ours, storage) - before)
    finally:
        storage.close()
    peer, name = rows / median(limit), "bare COPY"
    return [
        Figure("store daily candles, fresh", rows / median(fresh), peer, "rows/s", name, at_least=0.85),
        Figure("store them again, unchanged", rows / median(unchanged), peer, "rows/s", name, at_least=2.0),
        Figure("tuples touched by the second", sum(touched), 0, "tuples", "none", at_most=1.0),
    ]


def daily_candles() -> pl.DataFrame:
    """Return five years of made-up daily candles of 505 instruments, as a candle frame."""
    days = np.arange("2013-02-08", "2018-12-31", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:DAYS].astype("datetime64[us]")
    low = np.random.default_rng(1).random(SYMBOLS * DAYS) * 100 + 1
    return as_candles(
        pl.DataFrame(
            {
                "instrument_id": np.repeat(np.arange(1, SYMBOLS + 1, dtype=np.int32), DAYS),
                "timeframe": "1d",
                "opened_at": pl.Series(np.tile(days, SYMBOLS)).dt.replace_time_zone("UTC"),
                "open": low + 1,
                "high": low + 3,
                "low": low,
                "close": low + 2,
                "volume": np.floor(low * 1e5),
                "provider": "files",
                "basis": "split",
                "is_final": True,
                "fetched_at": datetime(2018, 2, 8, tzinfo=UTC),
            }
        )
    )


def _database(found: services.Services, name: str) -> SecretStr:
    url = SecretStr(services.create_database(found, name))
    migrate(url, PriceKind.REAL)
    return url


def _settle(found: services.Services) -> None:
    """Write everything out, so that no measurement pays for what the one before left in memory."""
    with psycopg.connect(found.admin_url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _empty(url: SecretStr) -> None:
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        connection.execute("TRUNCATE market.candles_daily")


def _bare_copy(url: SecretStr, buffer: bytes) -> float:
    _empty(url)
    with psycopg.connect(url.get_secret_value()) as connection:
        return _timed(lambda: _send(connection, buffer))


def _send(connection: psycopg.Connection, buffer: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY market.candles_daily FROM STDIN (FORMAT binary)") as copy:
        for start in range(0, len(buffer), _BLOCK):
            copy.write(buffer[start : start + _BLOCK])
    connection.commit()


def _timed_store(storage: TimescaleStorage, candles: pl.DataFrame, expected: Upsert) -> float:
    if storage.market.kind is not PriceKind.REAL:  # also connects, which is no part of storing
        raise AssertionError("the database of the benchmark holds simulated prices")
    return _timed(lambda: _store(storage, candles, expected))


def _store(storage: TimescaleStorage, candles: pl.DataFrame, expected: Upsert) -> None:
    with storage.market.begin(1) as transaction:
        transaction.lock(range(1, SYMBOLS + 1))
        done = transaction.upsert(candles)
    if done != expected:
        raise AssertionError(f"expected {expected}, found {done}")


def _tuples(url: SecretStr, storage: TimescaleStorage) -> int:
    """Return how many tuples of the candles' chunks were ever inserted, updated or deleted, or are dead."""
    storage.close()  # a connection reports the last of what it did when it ends; the next use opens another
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        while connection.execute(_OTHERS).fetchone():
            time.sleep(0.01)
        found = connection.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del + n_dead_tup) FROM pg_stat_all_tables "
            "WHERE schemaname = '_timescaledb_internal' OR relname LIKE 'candles_%'"
        ).fetchone()
    return int(found[0]) if found and found[0] is not None else 0


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
