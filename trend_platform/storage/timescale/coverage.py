"""Questions about coverage on the tables `coverage_spans` and `coverage_gaps`: read by COPY, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Final

import polars as pl
from psycopg import sql

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.coverage import GAP_SCHEMA, SPAN_SCHEMA, AskedSeries
from trend_platform.storage.differences import Difference
from trend_platform.storage.timescale.check import check_ledger
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.schema import SCHEMA

_ORDER: Final = sql.SQL("instrument_id, timeframe, start_at")
_COPY: Final = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)")
_SELECT: Final = sql.SQL("SELECT {columns} FROM {table} AS one WHERE {asked} ORDER BY {order}")


@dataclass(frozen=True, slots=True)
class TimescaleCoverage:
    """The ledgers of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def spans(self, asked: AskedSeries) -> pl.DataFrame:
        """Return spans by series and time."""
        return self._read(_select("coverage_spans", SPAN_SCHEMA, _meets(asked)), SPAN_SCHEMA)

    def gaps(self, asked: AskedSeries) -> pl.DataFrame:
        """Return gaps by series and time."""
        return self._read(_select("coverage_gaps", GAP_SCHEMA, _meets(asked)), GAP_SCHEMA)

    def differences(self, instruments: Sequence[Instrument]) -> tuple[Difference, ...]:
        """Return where the ledgers of all timeframes and the rows disagree; this one counts rows."""
        return tuple(found for length in Timeframe for found in check_ledger(self.database, instruments, length))

    def _read(self, statement: sql.Composed, schema: pl.Schema) -> pl.DataFrame:
        with (
            self.database.begin() as connection,
            driver(connection).cursor() as cursor,
            cursor.copy(_COPY.format(statement)) as copy,
        ):
            told = b"".join(bytes(block) for block in copy)
        return _frame(told, schema)


def _select(table: str, schema: pl.Schema, condition: sql.Composable) -> sql.Composed:
    columns = sql.SQL(", ").join(_column(name, kind) for name, kind in schema.items())
    return _SELECT.format(columns=columns, table=sql.Identifier(SCHEMA, table), asked=condition, order=_ORDER)


def _column(name: str, kind: pl.DataType) -> sql.Composable:
    # Instants travel as microseconds: exact, and read without looking at a date.
    if isinstance(kind, pl.Datetime):
        return sql.SQL("(extract(epoch FROM {}) * 1000000)::int8").format(sql.Identifier(name))
    return sql.Identifier(name)


def _meets(asked: AskedSeries) -> sql.Composable:
    parts = [sql.SQL("instrument_id = ANY({}::int4[])").format(sql.Literal(list(asked.instrument_ids)))]
    if asked.timeframes:
        parts.append(sql.SQL("timeframe = ANY({})").format(_texts([one.value for one in asked.timeframes])))
    if asked.reasons:
        parts.append(sql.SQL("reason = ANY({})").format(_texts([one.value for one in asked.reasons])))
    if asked.interval is not None:
        start, end = _instant(asked.interval.start), _instant(asked.interval.end)
        parts.append(sql.SQL("start_at < {} AND end_at > {}").format(end, start))
    return sql.SQL(" AND ").join(parts)


def _texts(values: list[str]) -> sql.Composable:
    return sql.SQL("{}::text[]").format(sql.Literal(values))


def _instant(instant: datetime) -> sql.Composable:
    return sql.SQL("{}::timestamptz").format(sql.Literal(instant.isoformat()))


def _frame(told: bytes, schema: pl.Schema) -> pl.DataFrame:
    if not told:
        return schema.to_frame()
    # Numbers first, then what they mean: a flag is `t` or `f`, an instant a count of microseconds.
    read = {name: pl.String() if kind == pl.Boolean else _plain(kind) for name, kind in schema.items()}
    rows = pl.read_csv(BytesIO(told), has_header=False, schema=pl.Schema(read))
    texts = [pl.col(name).fill_null("") for name, kind in schema.items() if kind == pl.String]
    flags = [pl.col(name) == "t" for name, kind in schema.items() if kind == pl.Boolean]
    return rows.with_columns(*texts, *flags).cast(schema)


def _plain(kind: pl.DataType) -> pl.DataType:
    return pl.Int64() if isinstance(kind, pl.Datetime) else kind
