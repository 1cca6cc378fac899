"""What a repair keeps of the candles and ledgers that its transactions change, and how both are put back.

Every statement runs in the caller's transaction: a change and what is kept of it are stored together, or not at all.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Connection, insert, select

from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.ledger_changes import LedgerChange, change_of
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.ledger_json import ledger_from_json, ledger_to_json
from trend_platform.storage.timescale.proof_tables import repair_ledgers
from trend_platform.storage.timescale.schema import SCHEMA

TABLE: Final = sql.Identifier(SCHEMA, "repair_rows")
_CANDLES: Final = (sql.Identifier(SCHEMA, "candles_daily"), sql.Identifier(SCHEMA, "candles_intraday"))
_COLUMNS: Final = sql.SQL(", ").join(map(sql.Identifier, CANDLE_SCHEMA))

# A candle that a repair changes twice is put back to what it was first, if it is still what the repair made of it last.
LAST: Final = sql.SQL(
    "ON CONFLICT (repair_id, instrument_id, timeframe, opened_at) DO UPDATE SET fetched_at = excluded.fetched_at"
)
KEEP_CHANGED: Final = sql.SQL(
    "INSERT INTO {kept} (repair_id, run_id, instrument_id, timeframe, opened_at, change, before, fetched_at) "
    "SELECT %(repair_id)s, %(run_id)s, stored.instrument_id, stored.timeframe, stored.opened_at, 'corrected', "
    "row_to_json(stored)::text, staged.fetched_at FROM {table} AS stored JOIN {staged} AS staged ON {match} {last}"
)
"""Keeps the candles that are about to be overwritten by staged ones; `kept` and `last` are `TABLE` and `LAST`."""

_KEEP_INSERTED: Final = sql.SQL(
    "INSERT INTO {kept} (repair_id, run_id, instrument_id, timeframe, opened_at, change, fetched_at) "
    "SELECT %s, %s, one, timeframe, opened, 'inserted', fetched "
    "FROM unnest(%s::int4[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS given(one, timeframe, opened, fetched) {last}"
).format(kept=TABLE, last=LAST)

_SAME: Final = sql.SQL(
    "kept.repair_id = %s AND stored.instrument_id = kept.instrument_id AND stored.timeframe = kept.timeframe "
    "AND stored.opened_at = kept.opened_at"
)
_UNCHANGED: Final = sql.SQL(
    "SELECT count(*) FROM {candles} AS stored JOIN {kept} AS kept ON {same} AND stored.fetched_at = kept.fetched_at"
)
_KEPT: Final = sql.SQL(
    "SELECT timeframe, instrument_id, opened_at, change = 'inserted' FROM {kept} WHERE repair_id = %s"
).format(kept=TABLE)
_REMOVE: Final = sql.SQL("DELETE FROM {candles} AS stored USING {kept} AS kept WHERE {same}")
_RESTORE: Final = sql.SQL(
    "INSERT INTO {candles} ({columns}) SELECT {told} FROM {kept} AS kept "
    "CROSS JOIN LATERAL json_populate_record(NULL::{candles}, kept.before::json) AS told "
    "WHERE kept.repair_id = %s AND kept.change = 'corrected' AND kept.timeframe = ANY(%s)"
)
_FORGET_REVISIONS: Final = sql.SQL(
    "DELETE FROM {revisions} AS stored USING {kept} AS kept WHERE {same} AND stored.run_id = kept.run_id"
)


def keep_inserted(connection: psycopg.Connection, repair_id: int, run_id: int, parts: Iterable[pl.DataFrame]) -> None:
    """Keep the keys of candles that were just inserted (candle frames)."""
    rows = pl.concat(part.select("instrument_id", "timeframe", "opened_at", "fetched_at") for part in parts)
    if rows.height:
        columns = [rows[name].to_list() for name in rows.columns]
        connection.execute(_KEEP_INSERTED, [repair_id, run_id, *columns])


def keep_ledgers(
    connection: Connection,
    repair_id: int,
    timeframe: Timeframe,
    before: Mapping[int, Ledger],
    after: Mapping[int, Ledger],
) -> None:
    """Keep what replaced ledgers no longer say, and what they say instead."""
    changes = {
        one: change_of(before.get(one, Ledger()), after.get(one, Ledger())) for one in before.keys() | after.keys()
    }
    rows = [
        {
            "repair_id": repair_id,
            "instrument_id": one,
            "timeframe": timeframe.value,
            "removed": ledger_to_json(change.removed),
            "added": ledger_to_json(change.added),
        }
        for one, change in sorted(changes.items())
        if change
    ]
    if rows:
        connection.execute(insert(repair_ledgers), rows)


def kept_candles(connection: psycopg.Connection, repair_id: int) -> pl.DataFrame:
    """Return `timeframe`, `instrument_id`, `opened_at` and `is_new` of the candles that a repair changed."""
    rows = connection.execute(_KEPT, [repair_id]).fetchall()
    key = {name: CANDLE_SCHEMA[name] for name in ("timeframe", "instrument_id", "opened_at")}
    return pl.DataFrame(rows, schema={**key, "is_new": pl.Boolean()}, orient="row")


def unchanged(connection: psycopg.Connection, repair_id: int) -> int:
    """Return how many candles are still what a repair made of them."""
    counts = [connection.execute(_named(_UNCHANGED, candles), [repair_id]).fetchone() for candles in _CANDLES]
    return sum(count[0] for count in counts if count)


def put_back(connection: psycopg.Connection, repair_id: int) -> int:
    """Make the candles what they were before a repair, and forget its revisions; return how many of those went."""
    for candles, is_intraday in zip(_CANDLES, (False, True), strict=True):
        lengths = [one.value for one in Timeframe if one.is_intraday is is_intraday]
        connection.execute(_named(_REMOVE, candles), [repair_id])
        connection.execute(_named(_RESTORE, candles), [repair_id, lengths])
    revisions = sql.Identifier(SCHEMA, "candle_revisions")
    return connection.execute(
        _FORGET_REVISIONS.format(revisions=revisions, kept=TABLE, same=_SAME), [repair_id]
    ).rowcount


def kept_ledgers(connection: Connection, repair_id: int) -> list[tuple[int, Timeframe, LedgerChange]]:
    """Return what a repair made of ledgers, the last change first."""
    columns = repair_ledgers.c
    wanted = select(columns.instrument_id, columns.timeframe, columns.removed, columns.added)
    mine = wanted.where(columns.repair_id == repair_id).order_by(columns.change_id.desc())
    return [
        (one, Timeframe(length), LedgerChange(ledger_from_json(removed), ledger_from_json(added)))
        for one, length, removed, added in connection.execute(mine)
    ]


def _named(statement: sql.SQL, candles: sql.Identifier) -> sql.Composed:
    told = sql.SQL(", ").join(sql.Identifier("told", name) for name in CANDLE_SCHEMA)
    return statement.format(candles=candles, kept=TABLE, same=_SAME, columns=_COLUMNS, told=told)
