"""What stands beside candles: rows set aside, old values of corrected candles, and splits."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from sqlalchemy import Connection, Select, select, text

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA, Aside
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.changes import REVISION_SCHEMA
from trend_platform.storage.timescale.tables import candle_revisions, corporate_actions, quarantine

# What makes a row the same one as before: where it lies and why it was set aside. Its payload says when it was fetched,
# and counts only where the row has no readable time of its own.
_SET_ASIDE: Final = text(
    """
    INSERT INTO market.quarantine
        (instrument_id, timeframe, opened_at, provider, rule, reason, payload, fetched_at, run_id, fingerprint)
    SELECT instrument_id, timeframe, opened_at, provider, rule, reason, payload, fetched_at, :run_id,
        md5(jsonb_build_array(instrument_id, timeframe, extract(epoch FROM opened_at), provider, rule, reason,
            CASE WHEN opened_at IS NULL THEN payload END)::text)
    FROM unnest(CAST(:instrument_id AS int4[]), CAST(:timeframe AS text[]), CAST(:opened_at AS timestamptz[]),
        CAST(:provider AS text[]), CAST(:rule AS text[]), CAST(:reason AS text[]), CAST(:payload AS text[]),
        CAST(:fetched_at AS timestamptz[]))
        AS given(instrument_id, timeframe, opened_at, provider, rule, reason, payload, fetched_at)
    ON CONFLICT (fingerprint) DO NOTHING
    """
)

_ADD_SPLITS: Final = text(
    """
    INSERT INTO market.corporate_actions AS known (instrument_id, kind, ex_date, ratio, provider)
    SELECT instrument_id, 'split', ex_date, ratio, provider
    FROM unnest(CAST(:instrument_id AS int4[]), CAST(:ex_date AS date[]), CAST(:ratio AS float8[]),
        CAST(:provider AS text[])) AS given(instrument_id, ex_date, ratio, provider)
    ON CONFLICT (instrument_id, kind, ex_date) DO UPDATE SET ratio = excluded.ratio, provider = excluded.provider
    WHERE known.ratio IS DISTINCT FROM excluded.ratio
    """
)


def set_aside(connection: Connection, rows: pl.DataFrame, run_id: int) -> int:
    """Store a quarantine frame; return how many rows were not set aside for the same reason before."""
    if rows.is_empty():
        return 0
    columns = {name: rows[name].to_list() for name in QUARANTINE_SCHEMA}
    return connection.execute(_SET_ASIDE, {**columns, "run_id": run_id}).rowcount


def quarantined(
    connection: Connection, instrument_ids: Sequence[int], timeframe: Timeframe | Aside, interval: Interval
) -> pl.DataFrame:
    """Return rows set aside whose `opened_at` lies in `interval`, as a quarantine frame sorted by instrument and time."""
    table = quarantine.c
    wanted = select(*(table[name] for name in QUARANTINE_SCHEMA)).where(
        table.instrument_id.in_(list(instrument_ids)),
        table.timeframe == timeframe.value,
        table.opened_at >= interval.start,
        table.opened_at < interval.end,
    )
    return _frame(
        connection, wanted.order_by(table.instrument_id, table.opened_at, table.quarantine_id), QUARANTINE_SCHEMA
    )


def unreadable(connection: Connection, instrument_ids: Sequence[int], timeframe: Timeframe | Aside) -> pl.DataFrame:
    """Return rows set aside whose time could not be read, as a quarantine frame sorted by instrument."""
    table = quarantine.c
    wanted = select(*(table[name] for name in QUARANTINE_SCHEMA)).where(
        table.instrument_id.in_(list(instrument_ids)),
        table.timeframe == timeframe.value,
        table.opened_at.is_(None),
    )
    return _frame(connection, wanted.order_by(table.instrument_id, table.quarantine_id), QUARANTINE_SCHEMA)


def revisions(connection: Connection, instrument_id: int, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
    """Return old values of corrected candles (`REVISION_SCHEMA`), oldest change first."""
    table = candle_revisions.c
    wanted = select(*(table[name] for name in REVISION_SCHEMA)).where(
        table.instrument_id == instrument_id,
        table.timeframe == timeframe.value,
        table.opened_at >= interval.start,
        table.opened_at < interval.end,
    )
    return _frame(connection, wanted.order_by(table.revision_id, table.opened_at), REVISION_SCHEMA)


def add_splits(connection: Connection, splits: pl.DataFrame) -> int:
    """Store a split frame; return how many were new or had another ratio."""
    if splits.is_empty():
        return 0
    latest = splits.unique(["instrument_id", "ex_date"], keep="last")
    return connection.execute(_ADD_SPLITS, {name: latest[name].to_list() for name in SPLIT_SCHEMA}).rowcount


def splits(connection: Connection, instrument_ids: Sequence[int]) -> pl.DataFrame:
    """Return the known splits as a split frame, sorted by instrument and day."""
    table = corporate_actions.c
    wanted = select(*(table[name] for name in SPLIT_SCHEMA)).where(
        table.kind == "split", table.instrument_id.in_(list(instrument_ids))
    )
    return _frame(connection, wanted.order_by(table.instrument_id, table.ex_date), SPLIT_SCHEMA)


def _frame(connection: Connection, wanted: Select[tuple[object, ...]], schema: pl.Schema) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(wanted)]
    return pl.DataFrame(rows, schema=schema, orient="row")
