"""Stored candles read many at a time: the server packs rows of one size into one value, NumPy reads it in place.

A COPY or a cursor hands out row after row, which costs more than finding the rows. Here each row becomes a fixed record
in the wire format (`float8send` and its like), and `string_agg` joins them. Nulls cannot be part of such a record: columns
that have them travel as packed values of their own, with a bit of each record's `flags` saying whether there is one.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from trend_platform.domain.candles import CANDLE_SCHEMA, Basis
from trend_platform.storage.timescale.binary import POSTGRES_EPOCH_US

_PRICES: Final = ("open", "high", "low", "close")
_OPTIONAL: Final = {"volume": ">f8", "vwap": ">f8", "trade_count": ">i8"}
_KEY: Final = np.dtype([("instrument_id", ">i4"), ("opened_at", ">i8")])
_ROW: Final = np.dtype([*_KEY.descr, *((name, ">f8") for name in _PRICES), ("flags", "u1")])
_FULL_ROW: Final = np.dtype([*_ROW.descr, ("fetched_at", ">i8")])
_IS_FINAL, _IS_SPLIT, _FIRST_OPTIONAL = 1, 2, 4
_CONDITIONS: Final = (
    sql.SQL("is_final"),
    sql.SQL("basis = 'split'"),
    sql.SQL("volume IS NOT NULL"),
    sql.SQL("vwap IS NOT NULL"),
    sql.SQL("trade_count IS NOT NULL"),
)


def _flags(bit: int = 0, value: int = 0) -> sql.Composable:
    # A tree of constants: adding bits up and sending the sum would cost as much as finding the row.
    if bit == len(_CONDITIONS):
        return sql.Literal(bytes([value]))
    yes, no = _flags(bit + 1, value | 1 << bit), _flags(bit + 1, value)
    return sql.SQL("CASE WHEN {} THEN {} ELSE {} END").format(_CONDITIONS[bit], yes, no)


_PACKED_KEY: Final = sql.SQL("int4send(instrument_id) || timestamptz_send(opened_at)")
_PACKED_ROW: Final = sql.SQL(
    "{} || float8send(open) || float8send(high) || float8send(low) || float8send(close) || {}"
).format(_PACKED_KEY, _flags())
_PACKED_OPTIONAL: Final = sql.SQL(
    "string_agg(float8send(volume), ''), string_agg(float8send(vwap), ''), string_agg(int8send(trade_count), '')"
)

KEYS: Final = sql.SQL("string_agg({}, '')").format(_PACKED_KEY)
"""Select list that `unpack_keys` understands."""

VALUES: Final = sql.SQL("string_agg({}, ''), {}").format(_PACKED_ROW, _PACKED_OPTIONAL)
"""Select list that `unpack_values` understands: what candles say, and nothing of who said it when."""

CANDLES: Final = sql.SQL("string_agg({} || timestamptz_send(fetched_at), ''), {}, provider").format(
    _PACKED_ROW, _PACKED_OPTIONAL
)
"""Select list that `unpack_candles` understands; the statement must group by `provider`."""


Rows = list[tuple[bytes | None, ...]]
"""What the server answered, packed."""


def fetch(connection: psycopg.Connection, statement: sql.Composed, parameters: Sequence[object]) -> Rows:
    """Run a statement over one of the select lists; nothing is unpacked yet."""
    # A statement prepared for any parameters would be planned without knowing which chunks matter.
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(statement, parameters, prepare=False).fetchall()


def unpack_keys(rows: Rows) -> pl.DataFrame:
    """Return the columns `instrument_id` and `opened_at` of what a statement over `KEYS` found, in no order."""
    ((packed,),) = rows
    return pl.DataFrame(_keys(_records(packed, _KEY)))


def unpack_values(rows: Rows) -> pl.DataFrame:
    """Return the columns of a candle frame without timeframe, provider and `fetched_at`, in no order."""
    ((packed, *optional),) = rows
    return pl.DataFrame(_values(_records(packed, _ROW), optional))


def unpack_candles(rows: Rows) -> Iterator[pl.DataFrame]:
    """Yield the columns of a candle frame without timeframe, one frame per provider, in no order."""
    for packed, *optional, provider in rows:
        records = _records(packed, _FULL_ROW)
        frame = pl.DataFrame(_values(records, optional) | {"fetched_at": _instants(records["fetched_at"])})
        yield frame.with_columns(pl.lit(provider).alias("provider"))


def _records(packed: bytes | None, layout: np.dtype[np.void]) -> NDArray[np.void]:
    return np.frombuffer(packed or b"", dtype=layout)


def _native(values: NDArray[np.generic]) -> pl.Series:
    return pl.Series(values.astype(values.dtype.newbyteorder("=")))


def _instants(values: NDArray[np.int64]) -> pl.Series:
    return pl.Series(values + POSTGRES_EPOCH_US).cast(CANDLE_SCHEMA["opened_at"])


def _keys(records: NDArray[np.void]) -> dict[str, pl.Series]:
    return {"instrument_id": _native(records["instrument_id"]), "opened_at": _instants(records["opened_at"])}


def _values(records: NDArray[np.void], optional: Sequence[bytes | None]) -> dict[str, pl.Series]:
    flags = records["flags"]
    columns = _keys(records) | {name: _native(records[name]) for name in _PRICES}
    for nth, (packed, (name, wire)) in enumerate(zip(optional, _OPTIONAL.items(), strict=True)):
        present = _native(np.frombuffer(packed or b"", dtype=wire))
        columns[name] = _spread(present, (flags & (_FIRST_OPTIONAL << nth)) != 0)
    columns["basis"] = _bases((flags & _IS_SPLIT) != 0)
    columns["is_final"] = pl.Series((flags & _IS_FINAL) != 0)
    return columns


def _spread(present: pl.Series, is_there: NDArray[np.bool_]) -> pl.Series:
    # The n-th value belongs to the n-th row that has one; the others have no index, and so no value.
    if len(present) == len(is_there):
        return present
    if present.is_empty():
        return pl.repeat(None, len(is_there), dtype=present.dtype, eager=True)
    nth = pl.Series(np.cumsum(is_there) - 1).cast(pl.Int64)
    return present.gather(nth.set(pl.Series(~is_there), None))


def _bases(is_split: NDArray[np.bool_]) -> pl.Series:
    if is_split.all() or not is_split.any():
        basis = Basis.SPLIT if is_split.any() else Basis.RAW
        return pl.repeat(basis.value, len(is_split), dtype=pl.String, eager=True)
    return pl.Series([Basis.RAW.value, Basis.SPLIT.value]).gather(pl.Series(is_split).cast(pl.UInt32))
