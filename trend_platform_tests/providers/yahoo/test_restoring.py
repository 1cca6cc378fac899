"""Prices before a split are what they were when they were traded, and say no more than they know."""

from datetime import UTC, date, datetime
from itertools import accumulate
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.actions import SPLIT_SCHEMA, split_adjusted
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.providers.yahoo.restoring import Days, factors_of, read_splits, restored_prices, restored_volumes

NEW_YORK = ZoneInfo("America/New_York")


def _splits(*rows: tuple[date, float]) -> pl.DataFrame:
    return pl.DataFrame([(1, day, ratio, "yahoo") for day, ratio in rows], schema=SPLIT_SCHEMA, orient="row")


def _days(*days: date) -> Days:
    return np.array(days, dtype="datetime64[D]")


def _event(at: datetime, new: object, old: object) -> dict[str, object]:
    return {"date": round(at.timestamp()), "numerator": new, "denominator": old}


def test_a_split_holds_from_its_own_day_on() -> None:
    days = _days(date(2020, 8, 28), date(2020, 8, 31), date(2020, 9, 1))
    assert factors_of(days, _splits((date(2020, 8, 31), 4.0))).tolist() == [4.0, 1.0, 1.0]


def test_splits_multiply_and_a_reverse_one_divides() -> None:
    days = _days(date(2010, 1, 1), date(2012, 1, 1), date(2015, 1, 1))
    splits = _splits((date(2011, 1, 1), 0.1), (date(2014, 6, 9), 7.0))
    assert factors_of(days, splits).tolist() == [7.0 * 0.1, 7.0, 1.0]


def test_the_day_of_a_split_is_the_exchanges() -> None:
    told = {"events": {"splits": {"a": _event(datetime(2020, 8, 31, 13, 30, tzinfo=UTC), 4, 1)}}}
    assert read_splits(told, 1, NEW_YORK).rows() == [(1, date(2020, 8, 31), 4.0, "yahoo")]
    sydney = {"events": {"splits": {"a": _event(datetime(2020, 8, 30, 23, 0, tzinfo=UTC), 4, 1)}}}
    assert read_splits(sydney, 1, ZoneInfo("Australia/Sydney"))["ex_date"].to_list() == [date(2020, 8, 31)]


def test_splits_that_make_no_sense_are_left_out() -> None:
    at = datetime(2020, 8, 31, 13, 30, tzinfo=UTC)
    bad = [
        _event(at, 0, 1),
        _event(at, 4, 0),
        _event(at, "4", 1),
        {"date": 10**15, "numerator": 2, "denominator": 1},
        7,
    ]
    told = {"events": {"splits": {str(number): entry for number, entry in enumerate(bad)}}}
    assert read_splits(told, 1, NEW_YORK).is_empty()
    assert read_splits({}, 1, NEW_YORK).is_empty()


def test_the_noise_of_float32_is_gone_without_digits_that_were_never_there() -> None:
    told = np.array([164.32000732421875, 34381.58984375, 7200.17431640625, 0.1283479928970337])
    factors = np.array([1.0, 1.0, 1.0, 224.0])
    assert restored_prices(told, factors, 4).tolist() == [164.32, 34381.59, 7200.174, 28.75]


def test_a_price_is_restored_before_it_is_rounded() -> None:
    # Rounded first, 0.1283 times 224 would be 28.7392.
    told = np.array([float(np.float32(0.128348))])
    assert restored_prices(told, np.array([224.0]), 4).tolist() == [28.75]


def test_what_is_no_number_stays_so() -> None:
    told = np.array([np.nan, 1.5])
    assert np.array_equal(restored_prices(told, np.ones(2), 4), [np.nan, 1.5], equal_nan=True)
    assert np.array_equal(restored_volumes(told, np.ones(2)), [np.nan, 2.0], equal_nan=True)


@given(
    cents=st.lists(st.integers(100, 100_000), min_size=2, max_size=30),
    ratios=st.lists(st.sampled_from([2.0, 3.0, 4.0, 7.0, 1.5, 0.5, 0.1]), max_size=2),
)
def test_what_the_platform_adjusts_and_yahoo_rounds_comes_back(cents: list[int], ratios: list[float]) -> None:
    days = list(accumulate([date(2020, 1, 1)] * len(cents), lambda day, _: date.fromordinal(day.toordinal() + 1)))
    splits = _splits(*((days[(number + 1) % len(days)], ratio) for number, ratio in enumerate(ratios[: len(days) - 1])))
    splits = splits.unique("ex_date", keep="last").sort("ex_date")
    traded = pl.DataFrame({"close": [value / 100 for value in cents]})
    frame = pl.DataFrame(
        {
            **dict.fromkeys(("open", "high", "low", "close"), traded["close"]),
            "instrument_id": [1] * len(cents),
            "opened_at": [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days],
            "fetched_at": [datetime(2021, 1, 1, tzinfo=UTC)] * len(cents),
            "basis": ["raw"] * len(cents),
        }
    )
    missing = [name for name in CANDLE_SCHEMA if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=CANDLE_SCHEMA[name]).alias(name) for name in missing)
    whole = frame.select(pl.col(name).cast(dtype) for name, dtype in CANDLE_SCHEMA.items())
    adjusted = split_adjusted(whole, splits)["close"].round(6).cast(pl.Float32()).cast(pl.Float64())
    factors = factors_of(_days(*days), splits)
    assert restored_prices(adjusted.to_numpy(), factors, 4).tolist() == traded["close"].to_list()
