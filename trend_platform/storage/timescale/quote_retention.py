"""Forgetting old quotes: whole chunks of a hypertable, rows of a plain table; each instrument's newest quote stays.

A chunk goes in a transaction of its own, so that nobody waits for more than the dropping of one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import sql
from sqlalchemy import Connection, func, select, text

from trend_platform.domain.quotes import QUOTE_SCHEMA
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.features import hypertables
from trend_platform.storage.timescale.tables import SCHEMA, quotes

_FORGETTING: Final = 0x7E4D0003 << 32

_OLDEST_CHUNK: Final = text(
    "SELECT chunk_schema, chunk_name, range_start, range_end FROM timescaledb_information.chunks "
    "WHERE hypertable_schema = :schema AND hypertable_name = :name "
    "AND range_end <= :instant AND (CAST(:after AS timestamptz) IS NULL OR range_start > :after) "
    "ORDER BY range_start LIMIT 1"
)
# What is the newest quote of its instrument although its whole chunk is old.
_KEEP: Final = sql.SQL(
    "CREATE TEMPORARY TABLE kept_quotes ON COMMIT DROP AS SELECT {columns} FROM ("
    "SELECT DISTINCT ON (instrument_id) * FROM {chunk} ORDER BY instrument_id, quoted_at DESC, provider DESC) AS last "
    "WHERE NOT EXISTS (SELECT FROM {table} AS newer WHERE newer.instrument_id = last.instrument_id AND newer.quoted_at >= {end})"
)
_COUNT: Final = sql.SQL("SELECT (SELECT count(*) FROM {chunk}), (SELECT count(*) FROM pg_temp.kept_quotes)")
_DROP: Final = sql.SQL("SELECT drop_chunks({name}::regclass, older_than => {end}, newer_than => {start})")
_PUT_BACK: Final = sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM pg_temp.kept_quotes")
_COLUMNS: Final = sql.SQL(", ").join(map(sql.Identifier, QUOTE_SCHEMA))
_TABLE: Final = sql.Identifier(SCHEMA, quotes.name)

_DELETE: Final = text(
    "DELETE FROM market.quotes AS old WHERE quoted_at < :instant AND EXISTS (SELECT FROM market.quotes AS newer "
    "WHERE newer.instrument_id = old.instrument_id AND (newer.quoted_at, newer.provider) > (old.quoted_at, old.provider))"
)


@dataclass(frozen=True, slots=True)
class _Chunk:
    table: sql.Identifier
    start: datetime
    end: datetime


def keep_chunks(connection: Connection) -> None:
    """Let no chunk go until the transaction ends; a statement that meets one on its way out would fail for an internal error."""
    connection.execute(select(func.pg_advisory_xact_lock_shared(_FORGETTING)))


def forget(database: Database, instant: datetime) -> int:
    """Drop quotes older than `instant`, of a hypertable those in chunks that are older as a whole; return how many went."""
    with database.begin() as connection:
        _take_turn(connection)
        if quotes.name not in hypertables(connection):
            return connection.execute(_DELETE, {"instant": instant}).rowcount
    gone, last = 0, None
    while True:
        with database.begin() as connection:
            _take_turn(connection)
            chunk = _oldest(connection, instant, last)
            if chunk is None:
                return gone
            gone, last = gone + _thin_out(connection, chunk), chunk.start


def _take_turn(connection: Connection) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(_FORGETTING)))


def _oldest(connection: Connection, instant: datetime, after: datetime | None) -> _Chunk | None:
    wanted = {"schema": SCHEMA, "name": quotes.name, "instant": instant, "after": after}
    row = connection.execute(_OLDEST_CHUNK, wanted).one_or_none()
    return None if row is None else _Chunk(sql.Identifier(row[0], row[1]), row[2], row[3])


def _thin_out(connection: Connection, chunk: _Chunk) -> int:
    names = {
        "table": _TABLE,
        "columns": _COLUMNS,
        "chunk": chunk.table,
        "start": sql.Literal(chunk.start),
        "end": sql.Literal(chunk.end),
    }
    with driver(connection).cursor() as cursor:
        # For readers that do not call keep_chunks: drop_chunks takes a chunk's index before the chunk, they take them the
        # other way round, and both would lock each other out.
        cursor.execute(sql.SQL("LOCK TABLE {chunk} IN ACCESS EXCLUSIVE MODE").format(**names))
        cursor.execute(_KEEP.format(**names))
        there, kept = cursor.execute(_COUNT.format(**names)).fetchall()[0]
        if there > kept:
            cursor.execute(_DROP.format(name=sql.Literal(f"{SCHEMA}.{quotes.name}"), **names))
            cursor.execute(_PUT_BACK.format(**names))
        return int(there) - int(kept)
