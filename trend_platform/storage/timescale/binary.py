"""PostgreSQL's binary COPY format, written from a Polars frame by columns.

Rows are grouped by their texts and by which of their values are null; inside a group every record has the same layout,
so that a group is one NumPy structured array and no row is touched on its own. Texts must be few-valued for this to
be fast (a timeframe, a provider): each combination is a group. Format: PostgreSQL manual, COPY, "Binary Format".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER: Final = b"\xff\xff"

POSTGRES_EPOCH_US: Final = 946_684_800_000_000
"""2000-01-01, from which PostgreSQL counts microseconds, in microseconds of the Unix epoch."""

_BLOCK_ROWS: Final = 16_384

_WIRE: Final[Mapping[type[pl.DataType], str]] = {
    pl.Int32: ">i4",
    pl.Int64: ">i8",
    pl.Float64: ">f8",
    pl.Boolean: "u1",
    pl.Datetime: ">i8",
}


def encode(frame: pl.DataFrame) -> Iterator[bytes]:
    """Yield `frame` as a binary COPY stream, in blocks.

    Int32 becomes int4, Int64 int8, Float64 float8, Boolean boolean, a Datetime in microseconds UTC timestamptz, String
    text. Rows with the same texts and nulls stay in their order; groups follow each other.

    Raises:
        TypeError: A column has another dtype.
    """
    yield HEADER
    for group in _groups(frame):
        layout = _layout(group)
        for block in group.iter_slices(_BLOCK_ROWS):
            yield _records(block, layout)
    yield TRAILER


@dataclass(frozen=True, slots=True)
class _Layout:
    template: NDArray[np.void]
    filled: tuple[str, ...]


def _groups(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    varying = [name for name, dtype in frame.schema.items() if dtype == pl.String and not _is_constant(frame[name])]
    spotted = [series.name for series in frame if series.dtype != pl.String and 0 < series.null_count() < len(series)]
    if not varying and not spotted:
        if frame.height:
            yield frame
        return
    marks = [pl.col(name).is_null().alias(f"{name} is null") for name in spotted]
    keys = [*varying, *(f"{name} is null" for name in spotted)]
    for group in frame.with_columns(marks).partition_by(keys, maintain_order=True):
        yield group.select(frame.columns)


def _is_constant(series: pl.Series) -> bool:
    if series.null_count() in {0, len(series)}:
        return series.is_empty() or series[0] is None or bool((series == series[0]).all())
    return False


def _layout(group: pl.DataFrame) -> _Layout:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    values: dict[str, object] = {"fields": group.width}
    filled: list[str] = []
    for series in group:
        size = f"{series.name} size"
        fields.append((size, ">i4"))
        if series[0] is None:
            values[size] = -1
        elif series.dtype == pl.String:
            word = str(series[0]).encode()
            values[size] = len(word)
            if word:
                fields.append((series.name, f"V{len(word)}"))
                values[series.name] = np.void(word)
        else:
            wire = np.dtype(_wire(series))
            fields.append((series.name, wire.str))
            values[size] = wire.itemsize
            filled.append(series.name)
    template = np.zeros(1, dtype=fields)
    for name, value in values.items():
        template[name] = value
    return _Layout(template, tuple(filled))


def _wire(series: pl.Series) -> str:
    try:
        return _WIRE[series.dtype.base_type()]
    except KeyError:
        raise TypeError(f"column {series.name} has dtype {series.dtype}, which has no binary form here") from None


def _records(block: pl.DataFrame, layout: _Layout) -> bytes:
    records = np.repeat(layout.template, block.height)
    for name in layout.filled:
        series = block[name]
        values = series.to_physical().to_numpy()
        records[name] = values - POSTGRES_EPOCH_US if isinstance(series.dtype, pl.Datetime) else values
    return records.tobytes()
