"""Touched windows in the table `rollup_touched`: left by whoever changes candles, taken by whoever rolls them up."""

from typing import Final

import polars as pl
import psycopg
from sqlalchemy import Connection, delete, select

from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.tables import rollup_touched as table

_ADD: Final = (
    "INSERT INTO market.rollup_touched (instrument_id, timeframe, start_at, end_at, run_id) "
    "SELECT one, timeframe, since, until, %(run_id)s FROM unnest(%(instrument_id)s::int4[], %(timeframe)s::text[], "
    "%(start_at)s::timestamptz[], %(end_at)s::timestamptz[]) AS given(one, timeframe, since, until)"
)


def add(connection: psycopg.Connection, windows: pl.DataFrame, run_id: int) -> None:
    """Store touched windows (`TOUCHED_SCHEMA`) on behalf of an ingest run, 0 for none."""
    if windows.height:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, {**windows.to_dict(as_series=False), "run_id": run_id})


def take(connection: Connection, instrument_id: int) -> dict[Timeframe, Spans]:
    """Take the windows of one instrument away and return them; they are back if the transaction rolls back."""
    mine = delete(table).where(table.c.instrument_id == instrument_id)
    rows = connection.execute(mine.returning(table.c.timeframe, table.c.start_at, table.c.end_at)).all()
    spans: dict[Timeframe, list[Interval]] = {}
    for name, start, end in rows:
        spans.setdefault(Timeframe(name), []).append(Interval(start, end))
    return {timeframe: Spans.of(intervals) for timeframe, intervals in spans.items()}


def pending(connection: Connection) -> dict[int, dict[Timeframe, Spans]]:
    """Return the windows of all instruments."""
    wanted = select(table.c.instrument_id, table.c.timeframe, table.c.start_at, table.c.end_at)
    found: dict[int, dict[Timeframe, list[Interval]]] = {}
    for one, name, start, end in connection.execute(wanted.order_by(table.c.instrument_id)):
        found.setdefault(one, {}).setdefault(Timeframe(name), []).append(Interval(start, end))
    return {one: {name: Spans.of(spans) for name, spans in series.items()} for one, series in found.items()}
