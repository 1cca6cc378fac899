"""The candle frame's shape."""

from datetime import UTC, datetime

import polars as pl
import pytest

from trend_platform.domain.candles import CANDLE_SCHEMA, as_candles, empty_candles
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA, empty_quarantine


def rows() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "fetched_at": datetime(2024, 3, 8, 21, tzinfo=UTC),
            "opened_at": [datetime(2024, 3, day, tzinfo=UTC) for day in (8, 7)],
            **dict.fromkeys(("open", "high", "low", "close"), 1),
            "instrument_id": 1,
            "timeframe": "1d",
            "provider": "files",
            "basis": "raw",
            "is_final": True,
            "extra": "dropped",
        }
    )


def test_the_schema_is_the_contract() -> None:
    instant, number = pl.Datetime("us", "UTC"), pl.Float64()
    assert list(CANDLE_SCHEMA.items()) == [
        ("instrument_id", pl.Int32()),
        ("timeframe", pl.String()),
        ("opened_at", instant),
        *((name, number) for name in ("open", "high", "low", "close", "volume", "vwap")),
        ("trade_count", pl.Int64()),
        ("provider", pl.String()),
        ("basis", pl.String()),
        ("is_final", pl.Boolean()),
        ("fetched_at", instant),
    ]


def test_rows_get_the_shape_the_order_and_the_optional_columns() -> None:
    candles = as_candles(rows())
    assert candles.schema == CANDLE_SCHEMA
    assert candles["opened_at"].dt.day().to_list() == [7, 8]
    assert candles.select("volume", "vwap", "trade_count").null_count().row(0) == (2, 2, 2)


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        as_candles(rows().drop("close"))


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError):
        as_candles(rows().with_columns(close=pl.lit("n/a")))


def test_empty_frames_have_the_shape_too() -> None:
    assert empty_candles().schema == CANDLE_SCHEMA
    assert empty_quarantine().schema == QUARANTINE_SCHEMA
    assert as_candles(empty_candles()).equals(empty_candles())
