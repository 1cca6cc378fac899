"""The rule about candles left unadjusted for a known split, planted before and around its day, with clean controls."""

from datetime import timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform_tests.quality.walks import AAPL, judged, planted, rules, scaled, struck, walk

AT = 45


def split(ratio: float, candles: pl.DataFrame, row: int = AT) -> pl.DataFrame:
    return pl.DataFrame([(1, candles["opened_at"].dt.date()[row], ratio, "test")], schema=SPLIT_SCHEMA, orient="row")


def adjusted(count: int = 60) -> pl.DataFrame:
    return walk(count=count).with_columns(basis=pl.lit("split"))


@pytest.mark.parametrize("ratio", [2.0, 0.5, 1.5, 0.4406, 20.0, 0.1])
@pytest.mark.parametrize("rows", [range(AT), range(40, 41), range(30, 38), range(44, AT)])
def test_a_stretch_left_on_the_old_share_count_is_set_aside_and_nothing_else(ratio: float, rows: range) -> None:
    candles = scaled(adjusted(), rows, ratio)
    verdict = judged(candles, splits=split(ratio, candles))
    assert rules(verdict) == {"unadjusted_for_split": len(rows)}
    assert verdict.rejected["opened_at"].to_list() == candles["opened_at"][rows.start : rows.stop].to_list()


def test_the_reason_names_the_split() -> None:
    candles = scaled(adjusted(), [40], 2.0)
    (reason,) = judged(candles, splits=split(2.0, candles)).rejected["reason"]
    assert f"off by the split of {candles['opened_at'].dt.date()[AT]} (2 new for 1 old)" in reason


def test_a_late_applied_split_with_prices_that_never_move_is_found() -> None:
    still = dict.fromkeys(("open", "high", "low", "close"), 10.0) | {"volume": 0.0}
    candles = scaled(planted(adjusted(23), list(range(23)), **still), range(15), 0.4406)
    assert rules(judged(candles, splits=split(0.4406, candles, 21))) == {"unadjusted_for_split": 15}


@pytest.mark.parametrize("basis", ["raw", "split"])
def test_a_split_that_is_applied_right_is_no_fault(basis: str) -> None:
    candles = walk().with_columns(basis=pl.lit(basis))
    told = scaled(candles, range(AT), 2.0) if basis == "raw" else candles
    assert rules(judged(told, splits=split(2.0, told))) == {}


def test_a_raw_series_that_was_adjusted_too_early_is_found() -> None:
    raw = scaled(walk(), range(38), 2.0)
    assert rules(judged(raw, splits=split(2.0, raw))) == {"unadjusted_for_split": 7}


def test_a_crash_of_the_size_of_the_split_long_before_it_is_a_crash() -> None:
    crash = scaled(adjusted(), range(5), 2.0)
    assert rules(judged(crash, splits=split(2.0, crash))) == {}


def test_a_ratio_that_a_bad_day_could_make_tells_nothing() -> None:
    candles = scaled(adjusted(), range(AT), 1.05)
    assert rules(judged(candles, splits=split(1.05, candles))) == {}


def test_stored_candles_are_trusted_and_new_ones_after_the_split_pass() -> None:
    # The provider has not adjusted what is stored; on the day of the split it has.
    candles = scaled(adjusted(), range(AT), 2.0)
    stored = candles[:AT].with_columns(pl.col("fetched_at") - timedelta(days=60))
    verdict = judged(candles[AT:], recent=stored, splits=split(2.0, candles))
    assert verdict.rejected.is_empty()


def test_a_split_outside_of_the_series_is_passed_over() -> None:
    candles = scaled(adjusted(), range(20), 2.0)
    for day in (candles["opened_at"].dt.date()[0], candles["opened_at"].dt.date()[-1] + timedelta(days=3)):
        known = pl.DataFrame([(AAPL.instrument_id, day, 2.0, "test")], schema=SPLIT_SCHEMA, orient="row")
        assert rules(judged(candles, splits=known)) == {}


def test_what_else_is_wrong_beside_it_is_still_found() -> None:
    candles = scaled(scaled(adjusted(), range(30), 2.0), [50], 100.0)
    verdict = judged(candles, splits=split(2.0, candles))
    assert struck(verdict)[-1] == (str(candles["opened_at"].dt.date()[50]), "unit_100x")
    assert rules(verdict) == {"unadjusted_for_split": 30, "unit_100x": 1}
