"""Ledgers in the tables `coverage_spans` and `coverage_gaps`: read by the set, written by the difference."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.tables import coverage_gaps, coverage_spans


def read(connection: Connection, instrument_ids: Sequence[int], timeframe: Timeframe) -> dict[int, Ledger]:
    """Return the ledger of each series, in one query for spans and one for gaps."""
    spans: dict[int, list[Span]] = {one: [] for one in instrument_ids}
    gaps: dict[int, list[Gap]] = {one: [] for one in instrument_ids}
    for row in _rows(connection, coverage_spans, instrument_ids, timeframe):
        span = Span(row.instrument_id, timeframe, Interval(row.start_at, row.end_at), row.provider, row.asked_at)
        spans[span.instrument_id].append(span)
    for row in _rows(connection, coverage_gaps, instrument_ids, timeframe):
        gap = Gap(
            instrument_id=row.instrument_id,
            timeframe=timeframe,
            interval=Interval(row.start_at, row.end_at),
            missing=row.missing,
            reason=GapReason(row.reason),
            provider=row.provider,
            evidence=row.evidence,
            attempts=row.attempts,
            first_seen_at=row.first_seen_at,
            last_checked_at=row.last_checked_at,
            next_check_at=row.next_check_at,
            is_believed=row.is_believed,
        )
        gaps[gap.instrument_id].append(gap)
    return {one: Ledger(tuple(spans[one]), tuple(gaps[one])) for one in instrument_ids}


def replace(
    connection: Connection, timeframe: Timeframe, before: Mapping[int, Ledger], after: Mapping[int, Ledger]
) -> None:
    """Make `after` the truth, writing only spans and gaps that differ from `before`.

    A series that is only in `before` ends up with an empty ledger.
    """
    for table, old, new in (
        (coverage_spans, _spans(before.values()), _spans(after.values())),
        (coverage_gaps, _gaps(before.values()), _gaps(after.values())),
    ):
        _delete(connection, table, timeframe, old.keys() - new.keys())
        _store(connection, table, timeframe, [value for key, value in new.items() if old.get(key) != value])


_Key = tuple[int, datetime]


def _spans(ledgers: Iterable[Ledger]) -> Mapping[_Key, Span | Gap]:
    return {(span.instrument_id, span.interval.start): span for ledger in ledgers for span in ledger.spans}


def _gaps(ledgers: Iterable[Ledger]) -> Mapping[_Key, Span | Gap]:
    return {(gap.instrument_id, gap.interval.start): gap for ledger in ledgers for gap in ledger.gaps}


def _delete(connection: Connection, table: Table, timeframe: Timeframe, keys: Iterable[_Key]) -> None:
    rows = [{"one": one, "start": start} for one, start in keys]
    if rows:
        mine = (table.c.instrument_id == bindparam("one"), table.c.start_at == bindparam("start"))
        connection.execute(delete(table).where(table.c.timeframe == timeframe.value, *mine), rows)


def _store(connection: Connection, table: Table, timeframe: Timeframe, values: Sequence[Span | Gap]) -> None:
    if not values:
        return
    statement = insert(table)
    key = [column.name for column in table.primary_key]
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    rows = [{"timeframe": timeframe.value, **_columns(value)} for value in values]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=rest), rows)


def _columns(value: Span | Gap) -> dict[str, object]:
    columns: dict[str, object] = {
        "instrument_id": value.instrument_id,
        "start_at": value.interval.start,
        "end_at": value.interval.end,
        "provider": value.provider,
    }
    if isinstance(value, Span):
        return columns | {"asked_at": value.asked_at}
    return columns | {
        "missing": value.missing,
        "reason": value.reason.value,
        "evidence": value.evidence,
        "attempts": value.attempts,
        "first_seen_at": value.first_seen_at,
        "last_checked_at": value.last_checked_at,
        "next_check_at": value.next_check_at,
        "is_believed": value.is_believed,
    }


def _rows(
    connection: Connection, table: Table, instrument_ids: Sequence[int], timeframe: Timeframe
) -> CursorResult[Any]:
    wanted = select(table).where(table.c.instrument_id.in_(list(instrument_ids)), table.c.timeframe == timeframe.value)
    return connection.execute(wanted.order_by(table.c.instrument_id, table.c.start_at))
