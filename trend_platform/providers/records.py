"""From a provider's JSON rows to typed columns, and from typed columns to the candle frame.

Rows that cannot be made candles at all are set aside with what they said; values are not judged here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import orjson
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, to_us
from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA, Basis
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA, empty_quarantine
from trend_platform.domain.timeframes import Timeframe

UNREADABLE = "unreadable_row"
"""Rule name of rows that are no rows, or carry no time."""


def typed_columns(rows: Sequence[object], schema: pl.Schema) -> pl.DataFrame:
    """Return rows of JSON objects as columns, in their order.

    A field that is absent or does not fit its dtype is null, and so is every field of a row that is no object.
    """
    try:
        return pl.DataFrame(rows, schema=schema, orient="row", strict=False)
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        # One odd value must not cost the others: read them one by one.
        return pl.DataFrame([_fitting(row, schema) for row in rows], schema=schema, orient="row", strict=False)


def typed_series(name: str, values: Sequence[object], dtype: pl.DataType) -> pl.Series:
    """Return values of JSON as one column; what does not fit its dtype is null, and so is a text that is no number."""
    try:
        return pl.Series(name, values, dtype=dtype, strict=False)
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        return pl.Series(name, [_value(value, dtype) for value in values], dtype=dtype, strict=False)


def candle_frame(
    columns: pl.DataFrame,
    *,
    timeframe: Timeframe,
    provider: str,
    basis: Basis,
    calendar: TradingCalendar,
    settles_after: timedelta,
    now: datetime,
) -> pl.DataFrame:
    """Return the candle frame of typed columns.

    Args:
        columns: `instrument_id`, `opened_at`, prices, and where known `volume`, `vwap`, `trade_count`.
        timeframe: Length of the candles.
        provider: Name for the `provider` column.
        basis: What the prices mean.
        calendar: Says when each candle is over.
        settles_after: How long after that the provider may still change it.
        now: The present instant, for `is_final` and `fetched_at`.
    """
    opens = columns["opened_at"].cast(pl.Int64).to_numpy()
    is_final = calendar.candle_closes(timeframe, opens) <= to_us(now - settles_after)
    told = {"timeframe": timeframe.value, "provider": provider, "basis": basis.value, "fetched_at": to_us(now)}
    # Column by column: with pages of a thousand rows, a query over them costs more than their values.
    series = {
        **columns.to_dict(),
        **{name: _repeated(value, columns.height) for name, value in told.items()},
        "is_final": pl.Series(is_final, dtype=pl.Boolean),
    }
    untold = _repeated(None, columns.height)
    made = pl.DataFrame([series.get(name, untold).cast(dtype).alias(name) for name, dtype in CANDLE_SCHEMA.items()])
    return _in_order(made)


def unreadable(
    rows: Sequence[object],
    numbers: Sequence[int],
    *,
    instrument_id: int,
    timeframe: Timeframe,
    provider: str,
    now: datetime,
) -> pl.DataFrame:
    """Return the quarantine frame of rows that are no candles, by their numbers in `rows`."""
    count = len(numbers)
    if not count:
        return empty_quarantine()
    values: dict[str, list[object]] = {
        "instrument_id": [instrument_id] * count,
        "timeframe": [timeframe.value] * count,
        "opened_at": [None] * count,
        "provider": [provider] * count,
        "rule": [UNREADABLE] * count,
        "reason": [f"row {number} of the answer has no readable time" for number in numbers],
        "payload": [orjson.dumps(rows[number], default=str).decode() for number in numbers],
        "fetched_at": [now] * count,
    }
    return pl.DataFrame(values, schema=QUARANTINE_SCHEMA)


def _in_order(made: pl.DataFrame) -> pl.DataFrame:
    # Most come in order, and most others newest first: to turn those round costs less than to sort them.
    if made["instrument_id"].n_unique() <= 1:
        if made["opened_at"].is_sorted():
            return made
        if made["opened_at"].is_sorted(descending=True):
            return made.reverse()
    return made.sort(CANDLE_KEY)


def _repeated(value: str | int | None, count: int) -> pl.Series:
    return pl.Series([value]).new_from_index(0, count)


def _fitting(row: object, schema: pl.Schema) -> dict[str, object]:
    if not isinstance(row, Mapping):
        return dict.fromkeys(schema)
    return {name: _value(row.get(name), dtype) for name, dtype in schema.items()}


def _value(value: object, dtype: pl.DataType) -> object:
    if dtype == pl.String:
        return value if isinstance(value, str) else None
    if not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value) if dtype.is_float() else _whole(value)
    except (ValueError, OverflowError):
        return None


def _whole(value: float | str) -> int | None:
    number = int(value)
    return number if -(2**63) <= number < 2**63 else None
