"""From JSON rows to columns: odd values cost only themselves."""

from datetime import UTC, datetime

import polars as pl

from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.records import typed_columns, unreadable

SCHEMA = pl.Schema({"t": pl.Int64(), "o": pl.Float64(), "T": pl.String()})


def test_rows_keep_their_order() -> None:
    frame = typed_columns([{"t": 5, "o": 1, "extra": 0}, {"t": 4, "o": 2.5, "T": "A"}], SCHEMA)
    assert frame.rows() == [(5, 1.0, None), (4, 2.5, "A")]


def test_one_odd_value_costs_only_itself() -> None:
    rows: list[object] = [
        {"t": 1, "o": "abc"},
        {"t": [2], "o": 2},
        {"t": "3", "o": "2.5"},
        7,
        None,
        {"t": 10**30, "o": 1, "T": 4},
    ]
    assert typed_columns(rows, SCHEMA).rows() == [
        (1, None, None),
        (None, 2.0, None),
        (3, 2.5, None),
        (None, None, None),
        (None, None, None),
        (None, 1.0, None),
    ]


def test_no_rows_are_an_empty_frame() -> None:
    assert typed_columns([], SCHEMA).height == 0


def test_unreadable_rows_keep_what_they_said() -> None:
    rows: list[object] = [{"t": 1}, {"o": 2}]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    frame = unreadable(rows, [1], instrument_id=7, timeframe=Timeframe.D1, provider="p", now=now)
    assert frame.schema == QUARANTINE_SCHEMA
    assert frame["payload"].to_list() == ['{"o":2}']
    assert "row 1" in frame["reason"][0]
