"""Frames of splits and dividends: what makes no sense is left out, and intervals hold days by their midnight."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.intervals import Interval
from trend_platform.providers.reference import dividend_frame, split_frame

DAY = date(2026, 11, 18)


def _told(value: str, *rows: tuple[int, date | None, float | None]) -> pl.DataFrame:
    schema = {"instrument_id": pl.Int32(), "ex_date": pl.Date(), value: pl.Float64()}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


@pytest.mark.parametrize("ratio", [0.0, -2.0, float("inf"), float("nan"), None])
def test_a_ratio_without_sense_is_no_split(ratio: float | None) -> None:
    splits = split_frame(_told("ratio", (1, DAY, ratio), (1, None, 2.0), (1, DAY, 4.0)), "p")
    assert splits.schema == SPLIT_SCHEMA
    assert splits.rows() == [(1, DAY, 4.0, "p")]


def test_of_two_splits_of_one_day_the_last_counts_and_all_are_in_order() -> None:
    told = _told("ratio", (2, DAY, 3.0), (1, DAY, 2.0), (1, DAY, 4.0), (1, date(2026, 11, 17), 5.0))
    assert split_frame(told, "p").select("instrument_id", "ratio").rows() == [(1, 5.0), (1, 4.0), (2, 3.0)]


@pytest.mark.parametrize(("start_hour", "end_hour", "days"), [(0, 0, [18]), (1, 0, []), (0, 1, [18, 19]), (1, 1, [19])])
def test_a_day_belongs_to_the_interval_that_holds_its_midnight(start_hour: int, end_hour: int, days: list[int]) -> None:
    interval = Interval(datetime(2026, 11, 18, start_hour, tzinfo=UTC), datetime(2026, 11, 19, end_hour, tzinfo=UTC))
    rows = [(1, date(2026, 11, day), 2.0) for day in (17, 18, 19, 20)]
    splits, dividends = (
        frame(_told(value, *rows), "p", interval)
        for frame, value in ((split_frame, "ratio"), (dividend_frame, "amount"))
    )
    assert dividends.schema == DIVIDEND_SCHEMA
    assert [day.day for day in splits["ex_date"]] == [day.day for day in dividends["ex_date"]] == days
