"""The port of rolled-up candles on `rolled_daily`, `rolled_intraday` and `rollup_touched`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from psycopg import sql
from sqlalchemy import Connection, func, select, union_all

from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.rollup import ROLLED_SCHEMA, empty_rolled
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.rollups import Restored, RollupTransaction
from trend_platform.storage.timescale import touches
from trend_platform.storage.timescale.binary import encode
from trend_platform.storage.timescale.candle_reads import pieces
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.packed import CANDLES, Rows, fetch, unpack_candles
from trend_platform.storage.timescale.tables import SCHEMA, rolled_daily, rolled_intraday, rolled_table

_LOCK_SPACE: Final = 0x7E4D0005 << 32
_KEYS: Final = ("instrument_id", "timeframe", "opened_at", "source")
_COUNTS: Final = np.dtype([("parts", ">i4"), ("expected", ">i4"), ("is_complete", "u1")])
_READ: Final = sql.SQL(
    "SELECT {candles}, source, string_agg(int4send(parts) || int4send(expected) || boolsend(is_complete), '') "
    "FROM {table} WHERE instrument_id = ANY(%s::int4[]) AND timeframe = %s AND opened_at >= %s AND opened_at < %s "
    "GROUP BY provider, source"
)
_DELETE: Final = sql.SQL(
    "DELETE FROM {table} WHERE instrument_id = %s AND timeframe = %s AND opened_at = ANY(%s::timestamptz[]) "
    "AND opened_at >= %s AND opened_at < %s"
)
_COPY: Final = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT binary)")
_COLUMNS: Final = sql.SQL(", ").join(map(sql.Identifier, ROLLED_SCHEMA))


@dataclass(frozen=True, slots=True)
class TimescaleRollup:
    """The roll-up of one instrument on one connection.

    Attributes:
        connection: The connection; whoever opened it commits.
        instrument_id: Whose candles.
        touched: The windows that were touched when this began.
    """

    connection: Connection
    instrument_id: int
    touched: Mapping[Timeframe, Spans]

    def candles(self, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return its rolled-up candles in `interval` as a rolled frame."""
        return _read(self.connection, [self.instrument_id], timeframe, interval)

    def replace(self, timeframe: Timeframe, interval: Interval, candles: pl.DataFrame) -> Restored:
        """Make `candles`, a rolled frame, all that is stored in `interval`; only what differs is written."""
        stored = self.candles(timeframe, interval)
        columns = ROLLED_SCHEMA.names()
        changed = candles.join(stored, on=columns, how="anti", nulls_equal=True)
        stale = stored.join(candles, on=columns, how="anti", nulls_equal=True)
        table = _table(timeframe)
        with driver(self.connection).cursor() as cursor:
            if stale.height:
                stamps = stale["opened_at"].to_list()
                window = [interval.start, interval.end]
                cursor.execute(_DELETE.format(table=table), [self.instrument_id, timeframe.value, stamps, *window])
            if changed.height:
                with cursor.copy(_COPY.format(table=table, columns=_COLUMNS)) as copy:
                    for block in encode(changed.select(columns)):
                        copy.write(block)
        gone = stale.join(changed, on=CANDLE_KEY, how="anti").height
        return Restored(changed.height, gone, candles.height - changed.height)


@dataclass(frozen=True, slots=True)
class TimescaleRollups:
    """Rolled-up candles of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def touched(self) -> Mapping[int, Mapping[Timeframe, Spans]]:
        """Return the touched windows of every instrument that has some."""
        with self.database.begin() as connection:
            return touches.pending(connection)

    def touch(self, windows: pl.DataFrame) -> None:
        """Add touched windows (`TOUCHED_SCHEMA`)."""
        with self.database.begin() as connection:
            touches.add(driver(connection), windows, run_id=0)

    @contextmanager
    def begin(self, instrument_id: int) -> Iterator[RollupTransaction]:
        """Open the roll-up of one instrument; leaving the context commits, an exception rolls back."""
        with self.database.begin() as connection:
            # The lock comes first: windows are taken, and candles read, after whoever held it has committed.
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK_SPACE + instrument_id)))
            yield TimescaleRollup(connection, instrument_id, touches.take(connection, instrument_id))

    def candles(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the rolled-up candles in `interval` as a rolled frame, sorted by key."""
        with self.database.begin() as connection:
            return _read(connection, instrument_ids, timeframe, interval)

    def forming(self) -> pl.DataFrame:
        """Return `instrument_id`, `timeframe`, `opened_at`, `source` of the candles whose period was not over when they were made."""
        tables = (rolled_daily, rolled_intraday)
        wanted = union_all(*(select(*(one.c[name] for name in _KEYS)).where(~one.c.is_final) for one in tables))
        with self.database.begin() as connection:
            rows = [tuple(row) for row in connection.execute(wanted)]
        return pl.DataFrame(rows, schema={name: ROLLED_SCHEMA[name] for name in _KEYS}, orient="row").sort(_KEYS)


def _read(
    connection: Connection, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval
) -> pl.DataFrame:
    statement = _READ.format(candles=CANDLES, table=_table(timeframe))
    parts = [empty_rolled()]
    for piece in pieces(instrument_ids, timeframe, interval):
        asked = [piece.instrument_ids, timeframe.value, piece.interval.start, piece.interval.end]
        parts += _unpacked(fetch(driver(connection), statement, asked), timeframe)
    return pl.concat(parts).sort(CANDLE_KEY)


def _unpacked(rows: Rows, timeframe: Timeframe) -> Iterator[pl.DataFrame]:
    for *candle, source, packed in rows:
        (frame,) = unpack_candles([tuple(candle)])
        counts = np.frombuffer(packed or b"", dtype=_COUNTS)
        yield frame.with_columns(
            pl.lit(timeframe.value).alias("timeframe"),
            pl.lit(source).alias("source"),
            pl.Series("parts", counts["parts"].astype(np.int32)),
            pl.Series("expected", counts["expected"].astype(np.int32)),
            pl.Series("is_complete", counts["is_complete"] != 0),
        ).select(ROLLED_SCHEMA.names())


def _table(timeframe: Timeframe) -> sql.Identifier:
    return sql.Identifier(SCHEMA, rolled_table(timeframe).name)
