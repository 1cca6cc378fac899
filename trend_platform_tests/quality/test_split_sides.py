"""Both sides of a split, judged by the prices' own move and beside other providers."""

from datetime import date, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.candles import as_candles
from trend_platform.domain.intervals import midnight
from trend_platform.quality.split_sides import Sides, SplitVerdict, judge_sides

DAY = date(2024, 6, 10)


def around(before: float, after: float, **says: object) -> pl.DataFrame:
    """Three days before the split at one price, three from it on at another."""
    days = [DAY + timedelta(days=n) for n in range(-3, 3)]
    closes = [before] * 3 + [after] * 3
    said = {"timeframe": "1d", "provider": "one", "basis": "raw", "is_final": True, **says}
    frame = pl.DataFrame(
        {
            "instrument_id": 1,
            "opened_at": [midnight(day) for day in days],
            "fetched_at": [midnight(day) + timedelta(hours=22) for day in days],
            **dict.fromkeys(("open", "high", "low", "close"), closes),
            "volume": 1.0,
        }
    )
    return as_candles(frame.with_columns(pl.lit(value).alias(name) for name, value in said.items()))


def judged(stored: pl.DataFrame, ratio: float = 10.0, **told: pl.DataFrame) -> Sides:
    splits = pl.DataFrame([(1, DAY, ratio, "one")], schema=SPLIT_SCHEMA, orient="row")
    return judge_sides(stored, splits, DAY, told)


def test_prices_that_fall_by_the_ratio_confirm_it() -> None:
    sides = judged(around(1200.0, 121.0))
    assert (sides.verdict, sides.moved) == (SplitVerdict.CONFIRMED, pytest.approx(9.917, abs=1e-3))


def test_prices_that_rise_by_a_reverse_split_confirm_it() -> None:
    assert judged(around(0.5, 10.4), ratio=0.05).verdict is SplitVerdict.CONFIRMED


def test_prices_that_stay_where_they_were_contradict_it() -> None:
    assert judged(around(120.0, 121.0)).verdict is SplitVerdict.NOT_SEEN


def test_a_half_adjusted_series_differs_before_the_day() -> None:
    sides = judged(around(120.0, 121.0), two=around(1200.0, 121.0))
    assert (sides.verdict, sides.before, sides.after) == (
        SplitVerdict.BEFORE_DIFFERS, {"two": pytest.approx(0.1)}, {"two": 1.0}
    )  # fmt: skip


def test_a_series_still_on_the_old_count_differs_after_the_day() -> None:
    assert judged(around(1200.0, 1210.0), two=around(1200.0, 121.0)).verdict is SplitVerdict.AFTER_DIFFERS


def test_a_provider_whose_prices_came_adjusted_agrees() -> None:
    late = midnight(DAY + timedelta(days=5))
    sides = judged(around(1200.0, 121.0), two=around(120.0, 121.0, basis="split", fetched_at=late))
    assert (sides.verdict, sides.before) == (SplitVerdict.CONFIRMED, {"two": pytest.approx(1.0)})


def test_a_small_stock_dividend_is_confirmed_by_others_alone() -> None:
    small = around(105.0, 100.0)
    assert judged(small, ratio=1.05).verdict is SplitVerdict.UNKNOWN
    assert judged(small, ratio=1.05, two=small).verdict is SplitVerdict.CONFIRMED


def test_one_side_alone_says_nothing() -> None:
    assert judged(around(1200.0, 121.0).head(3)).verdict is SplitVerdict.UNKNOWN
