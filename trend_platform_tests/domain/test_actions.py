"""Splits on read, against a model that looks at one row and one split at a time."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.actions import SPLIT_SCHEMA, empty_splits, split_adjusted, split_factors, splits_known_by
from trend_platform.domain.candles import CANDLE_SCHEMA, Basis, as_candles, empty_candles
from trend_platform.domain.intervals import midnight

FIRST = date(2024, 3, 4)
Row = tuple[int, int, str, int]
Split = tuple[int, int, float]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def candles(rows: list[Row]) -> pl.DataFrame:
    """Rows are instrument, day of the candle, basis, day of the fetch."""
    return as_candles(
        pl.DataFrame(
            {
                "instrument_id": [row[0] for row in rows],
                "timeframe": "1d",
                "opened_at": [midnight(day(row[1])) for row in rows],
                **dict.fromkeys(("open", "high", "low", "close"), 120.0),
                "volume": 1000.0,
                "vwap": 60.0,
                "provider": "polygon",
                "basis": [row[2] for row in rows],
                "is_final": True,
                "fetched_at": [midnight(day(row[3])) + timedelta(hours=20) for row in rows],
            }
        )
    )


def splits(rows: list[Split]) -> pl.DataFrame:
    """Rows are instrument, first day of the new share count, ratio."""
    return pl.DataFrame(
        [(one, day(ex), ratio, "polygon") for one, ex, ratio in rows], schema=SPLIT_SCHEMA, orient="row"
    )


def model(frame: pl.DataFrame, known: pl.DataFrame) -> list[float]:
    factors = []
    for row in frame.iter_rows(named=True):
        factor = 1.0
        for split in known.iter_rows(named=True):
            is_later = split["instrument_id"] == row["instrument_id"] and row["opened_at"].date() < split["ex_date"]
            is_contained = row["basis"] == "split" and row["fetched_at"].date() >= split["ex_date"]
            factor *= split["ratio"] if is_later and not is_contained else 1.0
        factors.append(factor)
    return factors


some_rows = st.lists(
    st.tuples(st.integers(1, 3), st.integers(-40, 40), st.sampled_from(["raw", "split"]), st.integers(-40, 40)),
    max_size=12,
)
some_splits = st.lists(
    st.tuples(st.integers(1, 3), st.integers(-40, 40), st.sampled_from([0.1, 0.5, 1.5, 2.0, 20.0])),
    max_size=8,
    unique_by=lambda split: split[:2],
)


@given(some_rows, some_splits)
def test_factors_are_those_of_the_row_by_row_model(rows: list[Row], known: list[Split]) -> None:
    frame = candles(rows)
    assert split_factors(frame, splits(known)).tolist() == pytest.approx(model(frame, splits(known)))


def test_the_day_of_the_split_is_on_the_new_count_and_the_day_before_is_not() -> None:
    frame = candles([(1, 9, "raw", 9), (1, 10, "raw", 10)])
    assert split_factors(frame, splits([(1, 10, 4.0)])).tolist() == [4.0, 1.0]


def test_several_splits_multiply() -> None:
    frame = candles([(1, n, "raw", n) for n in (0, 10, 20)])
    assert split_factors(frame, splits([(1, 20, 3.0), (1, 10, 2.0)])).tolist() == [6.0, 3.0, 1.0]


def test_a_row_given_adjusted_is_only_adjusted_for_splits_after_it_was_fetched() -> None:
    frame = candles([(1, 0, "split", 5), (1, 1, "split", 10), (1, 2, "split", 15)])
    assert split_factors(frame, splits([(1, 10, 2.0)])).tolist() == [2.0, 1.0, 1.0]


def test_splits_of_others_change_nothing() -> None:
    frame = candles([(1, 0, "raw", 0), (3, 0, "raw", 0)])
    assert split_factors(frame, splits([(2, 10, 2.0)])).tolist() == [1.0, 1.0]


def test_prices_are_divided_and_volumes_multiplied() -> None:
    adjusted = split_adjusted(candles([(1, 0, "raw", 0)]), splits([(1, 10, 4.0)]))
    assert adjusted.select("open", "high", "low", "close", "vwap", "volume").row(0) == (30, 30, 30, 30, 15, 4000)
    assert adjusted["basis"].to_list() == [Basis.SPLIT]
    assert adjusted.schema == CANDLE_SCHEMA


def test_a_split_known_late_is_right_on_both_sides_at_once() -> None:
    stored = candles([(1, n, "raw", n) for n in (8, 9)] + [(1, 10, "raw", 10)])
    on_the_day = stored.with_columns(close=pl.Series([100.0, 100.0, 50.0]))
    late = split_adjusted(on_the_day, splits([(1, 10, 2.0)]))
    assert late["close"].to_list() == [50.0, 50.0, 50.0]


def test_what_is_not_told_stays_untold() -> None:
    silent = candles([(1, 0, "raw", 0)]).with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("volume", "vwap")
    )
    adjusted = split_adjusted(silent, splits([(1, 10, 4.0)]))
    assert adjusted.select("volume", "vwap").row(0) == (None, None)


def test_without_rows_or_splits_nothing_changes_but_the_basis() -> None:
    assert split_adjusted(empty_candles(), splits([(1, 10, 4.0)])).equals(empty_candles())
    frame = candles([(1, 0, "raw", 0)])
    assert split_adjusted(frame, empty_splits()).drop("basis").equals(frame.drop("basis"))


def test_an_announced_split_is_in_force_from_its_day_on() -> None:
    known = splits([(1, 0, 2.0), (1, 1, 3.0)])
    assert splits_known_by(known, midnight(day(0)))["ratio"].to_list() == [2.0]
    assert splits_known_by(known, datetime(2024, 3, 4, 23, 59, tzinfo=UTC))["ratio"].to_list() == [2.0]
    assert splits_known_by(known, midnight(day(1)))["ratio"].to_list() == [2.0, 3.0]
