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
    told: dict[str, pl.Expr | pl.Series] = {
        "timeframe": pl.lit(timeframe.value),
        "provider": pl.lit(provider),
        "basis": pl.lit(basis.value),
        "is_final": pl.Series(is_final, dtype=pl.Boolean),
        "fetched_at": pl.lit(to_us(now)),  # an integer is a literal at once, an instant becomes a column first
    }
    # One pass over the columns: with pages of a thousand rows, passes cost more than values.
    made = columns.select(
        (told[name] if name in told else pl.col(name) if name in columns.columns else pl.lit(None))
        .cast(dtype)
        .alias(name)
        for name, dtype in CANDLE_SCHEMA.items()
    )
    is_sorted = made["instrument_id"].n_unique() <= 1 and made["opened_at"].is_sorted()
    return made if is_sorted else made.sort(CANDLE_KEY)


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
