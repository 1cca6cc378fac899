"""Reading stored candles: whole ones, the values to compare with, keys, the latest few, counts.

Frames come back sorted by key. What is read is cut into statements of bounded size, so that neither the
server nor this process packs more than some ten thousand candles at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA, INSTANT, empty_candles
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.packed import (
    CANDLES,
    KEYS,
    VALUES,
    Rows,
    fetch,
    unpack_candles,
    unpack_keys,
    unpack_values,
)
from trend_platform.storage.timescale.tables import SCHEMA, candle_table

# Larger ones are slower: what is packed no longer fits into the processor's cache.
_ROWS_PER_STATEMENT: Final = 80_000
_KEY: Final = ("instrument_id", "opened_at")

_IN_INTERVAL: Final = sql.SQL(
    "SELECT {columns} FROM {table} "
    "WHERE instrument_id = ANY(%s::int4[]) AND timeframe = %s AND opened_at >= %s AND opened_at < %s{grouping}"
)
_RECENT: Final = sql.SQL(
    "SELECT {columns} FROM unnest(%s::int4[]) AS wanted(one) CROSS JOIN LATERAL ("
    "SELECT * FROM {table} WHERE instrument_id = wanted.one AND timeframe = %s AND opened_at < %s "
    "ORDER BY opened_at DESC LIMIT %s) AS found GROUP BY provider"
)
# OFFSET 0 keeps the planner from turning one index descent per window into a scan of everything.
_KEYS: Final = sql.SQL(
    "SELECT {columns} FROM unnest(%s::int4[], %s::timestamptz[], %s::timestamptz[]) AS wanted(one, since, until) CROSS JOIN LATERAL ("
    "SELECT instrument_id, opened_at FROM {table} WHERE instrument_id = wanted.one AND timeframe = %s "
    "AND opened_at >= wanted.since AND opened_at < wanted.until AND opened_at >= %s AND opened_at < %s OFFSET 0) AS found"
)
_OCCUPIED: Final = sql.SQL(
    "SELECT wanted.one FROM unnest(%s::int4[], %s::timestamptz[], %s::timestamptz[]) AS wanted(one, since, until) "
    "CROSS JOIN LATERAL (SELECT 1 FROM {table} WHERE instrument_id = wanted.one AND timeframe = %s "
    "AND opened_at >= wanted.since AND opened_at < wanted.until AND opened_at >= %s AND opened_at < %s LIMIT 1) AS found"
)
_COUNT: Final = sql.SQL(
    "SELECT wanted.one, wanted.since, found.candles "
    "FROM unnest(%s::int4[], %s::timestamptz[], %s::timestamptz[]) AS wanted(one, since, until) CROSS JOIN LATERAL ("
    "SELECT count(*) AS candles FROM {table} WHERE instrument_id = wanted.one AND timeframe = %s "
    "AND opened_at >= wanted.since AND opened_at < wanted.until AND opened_at >= %s AND opened_at < %s) AS found"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a larger read: some neighbouring instruments, some of the time.

    Attributes:
        instrument_ids: Ascending; those of pieces of the same interval do not overlap.
        interval: Which candles, by their stamps.
    """

    instrument_ids: list[int]
    interval: Interval


def candles(
    connection: psycopg.Connection, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval
) -> pl.DataFrame:
    """Return the stored candles in `interval` as a candle frame."""
    statement = _IN_INTERVAL.format(columns=CANDLES, table=_table(timeframe), grouping=sql.SQL(" GROUP BY provider"))
    found = _one_ahead(connection, statement, timeframe, pieces(instrument_ids, timeframe, interval))
    return _candle_frame([part for _, rows in found for part in unpack_candles(rows)], timeframe)


def values(
    connection: psycopg.Connection, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval
) -> Iterator[tuple[Piece, pl.DataFrame]]:
    """Yield what the candles stored in `interval` say, piece by piece: key and values, in no particular order.

    While a piece is looked at, the next one is already being read; use the connection for nothing else meanwhile.
    """
    statement = _IN_INTERVAL.format(columns=VALUES, table=_table(timeframe), grouping=sql.SQL(""))
    for piece, rows in _one_ahead(connection, statement, timeframe, pieces(instrument_ids, timeframe, interval)):
        yield piece, unpack_values(rows)


def recent(
    connection: psycopg.Connection, instrument_ids: Sequence[int], timeframe: Timeframe, before: datetime, count: int
) -> pl.DataFrame:
    """Return, per instrument, the last `count` candles stamped before `before`, as a candle frame."""
    statement = _RECENT.format(columns=CANDLES, table=_table(timeframe))
    parameters = [list(instrument_ids), timeframe.value, before, count]
    return _candle_frame(list(unpack_candles(fetch(connection, statement, parameters))), timeframe)


def keys(connection: psycopg.Connection, timeframe: Timeframe, windows: pl.DataFrame) -> pl.DataFrame:
    """Return `instrument_id`, `opened_at` of the candles stored in `windows`.

    Args:
        connection: Where.
        timeframe: Which series.
        windows: Columns `instrument_id`, `since`, `until`; half open; an instrument may have several.
    """
    parameters = _window_parameters(timeframe, windows)
    if not parameters:
        return pl.DataFrame(schema={name: CANDLE_SCHEMA[name] for name in _KEY})
    return unpack_keys(fetch(connection, _KEYS.format(columns=KEYS, table=_table(timeframe)), parameters))


def occupied(connection: psycopg.Connection, timeframe: Timeframe, windows: pl.DataFrame) -> list[int]:
    """Return the instruments that have any candle in their window; `windows` as in `keys`."""
    return sorted(one for (one,) in _rows(connection, _OCCUPIED, timeframe, windows))


def count(connection: psycopg.Connection, timeframe: Timeframe, windows: Mapping[int, Interval]) -> dict[int, int]:
    """Return how many candles are stored of each series in its window."""
    frame = pl.DataFrame(
        [(one, window.start, window.end) for one, window in windows.items()],
        schema={"instrument_id": pl.Int32, "since": INSTANT, "until": INSTANT},
        orient="row",
    )
    found = {one: candles for (one, _), candles in count_windows(connection, timeframe, frame).items()}
    return {one: found.get(one, 0) for one in windows}


def count_windows(
    connection: psycopg.Connection, timeframe: Timeframe, windows: pl.DataFrame
) -> dict[tuple[int, datetime], int]:
    """Return how many candles are stored in each of `windows` (as in `keys`), by instrument and begin of the window."""
    return {(one, since): candles for one, since, candles in _rows(connection, _COUNT, timeframe, windows)}


def _rows(
    connection: psycopg.Connection, statement: sql.SQL, timeframe: Timeframe, windows: pl.DataFrame
) -> list[TupleRow]:
    parameters = _window_parameters(timeframe, windows)
    if not parameters:
        return []
    with connection.cursor() as cursor:
        return cursor.execute(statement.format(table=_table(timeframe)), parameters, prepare=False).fetchall()


def _window_parameters(timeframe: Timeframe, windows: pl.DataFrame) -> list[object]:
    # The hull is repeated as constants: from them the planner knows which chunks are out of question.
    wanted = windows.filter(pl.col("since") < pl.col("until"))
    if wanted.is_empty():
        return []
    ids, since, until = (wanted[name].to_list() for name in ("instrument_id", "since", "until"))
    return [ids, since, until, timeframe.value, min(since), max(until)]


def _one_ahead(
    connection: psycopg.Connection, statement: sql.Composed, timeframe: Timeframe, pieces: Iterable[Piece]
) -> Iterator[tuple[Piece, Rows]]:
    # The server finds and packs the next piece while this process looks at the last one.
    with ThreadPoolExecutor(max_workers=1) as helper:
        coming: tuple[Piece, Future[Rows]] | None = None
        for piece in pieces:
            parameters = [piece.instrument_ids, timeframe.value, piece.interval.start, piece.interval.end]
            following = (piece, helper.submit(fetch, connection, statement, parameters))
            if coming:
                yield coming[0], coming[1].result()
            coming = following
        if coming:
            yield coming[0], coming[1].result()


def pieces(instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> Iterator[Piece]:
    """Yield a read in parts that hold some ten thousand candles at most."""
    # The most a series can hold: one candle per step, around the clock.
    step = timeframe.step if timeframe.is_intraday else timedelta(days=1)
    length = min(interval.length, step * _ROWS_PER_STATEMENT)
    per_series = max(length // step, 1)
    at_once = max(_ROWS_PER_STATEMENT // per_series, 1)
    # Neighbours lie close together: in order, each statement reads its own part of the table.
    ordered = sorted(instrument_ids)
    start = interval.start
    while start < interval.end:
        end = min(start + length, interval.end)
        for first in range(0, len(ordered), at_once):
            yield Piece(ordered[first : first + at_once], Interval(start, end))
        start = end


def _candle_frame(parts: list[pl.DataFrame], timeframe: Timeframe) -> pl.DataFrame:
    if not parts:
        return empty_candles()
    named = pl.concat(parts).with_columns(pl.lit(timeframe.value).alias("timeframe"))
    return named.select(CANDLE_SCHEMA.names()).sort(CANDLE_KEY)


def _table(timeframe: Timeframe) -> sql.Identifier:
    return sql.Identifier(SCHEMA, candle_table(timeframe).name)
