"""Storing minutes into a table that holds fifty million of them, beside the same into one that holds next to none.

The large table has five years of twenty series: 261 chunks of a week. New series are stored where the others lie thickest.
Both tables have their chunks beforehand, are on one server, and take turns; medians.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from statistics import median

import polars as pl
import psycopg
from psycopg import sql
from pydantic import SecretStr

from trend_platform.domain.candles import as_candles
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import PriceKind, Upsert
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.store import TimescaleStorage, open_timescale
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

WEEKS, SERIES, ROUNDS = 261, 19, 7
ROWS = WEEKS * SERIES * 7 * 1440
_BUILDERS = 3
_START = datetime(2021, 1, 7, tzinfo=UTC)
_WEEK = timedelta(weeks=1)
_BATCH_SERIES, _BATCH_MINUTES = 10, 10_000

# In the order of the key within each chunk, as a backfill by symbol leaves them.
_FILL = """
INSERT INTO market.candles_intraday
SELECT one, '1m', at, 100.5, 101, 100, 100.75, 1000, NULL, NULL, 'tape', 'raw', true, '2026-01-08'
FROM generate_series(1, {series}) AS one,
     generate_series({start}::timestamptz, {end}::timestamptz - interval '1 minute', interval '1 minute') AS at
"""


def measure(found: services.Services) -> list[Figure]:
    """Return the ratios of storing fresh and unchanged minutes into the large table to the same into the small one."""
    large, small = (_database(found, name) for name in ("bench_large", "bench_small"))
    _fill(large, SERIES, timedelta(minutes=1))
    _fill(small, 1, _WEEK)
    stores = {url: open_timescale(url) for url in (large, small)}
    fresh: dict[SecretStr, list[float]] = {large: [], small: []}
    unchanged: dict[SecretStr, list[float]] = {large: [], small: []}
    try:
        for number in range(ROUNDS):
            batch = _batch(number)
            # Whoever goes first in a round pays for what the machine is not warm to yet: they take turns at that.
            for url in (large, small) if number % 2 else (small, large):
                _settle(found)
                fresh[url].append(_store(stores[url], batch, Upsert(inserted=batch.height)))
                unchanged[url].append(_store(stores[url], batch, Upsert(unchanged=batch.height)))
    finally:
        for store in stores.values():
            store.close()
    return [
        Figure(
            f"store minutes, {what}, where {ROWS / 1e6:.0f} million are",
            median(seconds[large]) * 1000,
            median(seconds[small]) * 1000,
            "ms",
            "an empty table",
            at_most=1.2,
        )
        for what, seconds in (("fresh", fresh), ("unchanged", unchanged))
    ]


def _database(found: services.Services, name: str) -> SecretStr:
    url = SecretStr(services.create_database(found, name))
    migrate(url, PriceKind.REAL)
    return url


def _fill(url: SecretStr, series: int, step: timedelta) -> None:
    with ThreadPoolExecutor(_BUILDERS) as pool:
        list(pool.map(lambda first: _fill_weeks(url, series, step, range(first, WEEKS, _BUILDERS)), range(_BUILDERS)))
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        connection.execute("ANALYZE market.candles_intraday")


def _fill_weeks(url: SecretStr, series: int, step: timedelta, weeks: Sequence[int]) -> None:
    statement = sql.SQL(_FILL.replace("interval '1 minute') AS at", "{step}::interval) AS at"))
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        for week in weeks:
            start = _START + week * _WEEK
            values = {"series": series, "start": start, "end": start + _WEEK, "step": step}
            connection.execute(statement.format(**{name: sql.Literal(value) for name, value in values.items()}))


def _batch(number: int) -> pl.DataFrame:
    # Ten new series, ten thousand minutes each, somewhere in the middle of the five years.
    first = 1000 + number * _BATCH_SERIES
    start = _START + (60 + number * 20) * _WEEK
    stamps = pl.datetime_range(
        start, start + timedelta(minutes=_BATCH_MINUTES), "1m", closed="left", time_unit="us", eager=True
    )
    ids = pl.DataFrame({"instrument_id": range(first, first + _BATCH_SERIES)}, schema={"instrument_id": pl.Int32})
    return as_candles(
        ids.join(stamps.alias("opened_at").to_frame(), how="cross").with_columns(
            pl.lit(Timeframe.M1.value).alias("timeframe"),
            *(
                pl.lit(value).alias(name)
                for name, value in {"open": 10.5, "high": 11.0, "low": 10.0, "close": 10.7}.items()
            ),
            pl.lit(500.0).alias("volume"),
            pl.lit("tape").alias("provider"),
            pl.lit("raw").alias("basis"),
            pl.lit(value=True).alias("is_final"),
            pl.lit(datetime(2026, 1, 8, tzinfo=UTC)).alias("fetched_at"),
        )
    )


def _settle(found: services.Services) -> None:
    with psycopg.connect(found.admin_url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _store(storage: TimescaleStorage, candles: pl.DataFrame, expected: Upsert) -> float:
    began = time.perf_counter()
    with storage.market.begin(1) as transaction:
        transaction.lock(candles["instrument_id"].unique().to_list())
        done = transaction.upsert(candles)
    seconds = time.perf_counter() - began
    if done != expected:
        raise AssertionError(f"expected {expected}, found {done}")
    return seconds
