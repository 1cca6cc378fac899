"""Surprises by robust statistics, and scores that say what took points off."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.intervals import Spans, days
from trend_platform.quality.anomalies import SURPRISES, SURPRISING, with_surprises
from trend_platform.quality.scoring import DEDUCTIONS, SCORE_SCHEMA, SeriesDays, day_scores
from trend_platform_tests.quality.walks import ALL, BTC, MSFT, planted, scaled, walk

LONG = walk(count=300, first=date(2022, 6, 1))


def surprising(candles: pl.DataFrame) -> list[tuple[int, str]]:
    seen = with_surprises(candles).with_row_index("row")
    return [(row, name) for name in SURPRISES for row in seen.filter(pl.col(name) > SURPRISING)["row"].to_list()]


@pytest.mark.parametrize("instrument", ALL, ids=lambda one: one.symbol)
def test_usual_days_are_no_anomalies(instrument) -> None:
    assert surprising(walk(instrument, count=300, first=date(2022, 6, 1))) == []


def test_a_crash_is_a_surprise_and_not_the_days_after_it() -> None:
    crash = scaled(LONG, range(200, 300), 0.7)
    assert surprising(crash) == [(200, "return_surprise")]


def test_a_volume_of_another_unit_is_a_surprise() -> None:
    odd = planted(LONG, 200, volume=pl.col("volume") * 100)
    assert surprising(odd) == [(200, "volume_surprise")]


def test_a_wild_day_that_ends_where_it_began_is_a_surprise() -> None:
    wild = planted(LONG, 200, high=pl.col("high") * 3)
    assert surprising(wild) == [(200, "range_surprise")]


def test_each_series_has_its_own_yardstick_and_the_first_candles_none() -> None:
    both = pl.concat([scaled(LONG, range(200, 300), 0.7), walk(MSFT, count=300, first=date(2022, 6, 1), price=1e5)])
    assert surprising(both) == [(200, "return_surprise")]
    seen = with_surprises(both)
    assert seen.height == both.height
    # Twenty candles before one for what is usual, twenty more for how far from it is usual, and never the candle itself.
    for first in (0, 300):
        assert seen["volume_surprise"][first : first + 41].is_not_null().arg_true().to_list() == [40]


def test_prices_that_never_move_and_prices_below_zero_break_nothing() -> None:
    still = planted(LONG, range(300), open=10.0, high=10.0, low=10.0, close=10.0, volume=0.0)
    assert surprising(still) == []
    assert surprising(planted(LONG, 200, low=-5.0, close=-3.0)) == []


def series(candles: pl.DataFrame, **changes: object) -> SeriesDays:
    values: dict[str, object] = {
        "expected": LONG["opened_at"][-10:].to_physical().to_numpy(),
        "explained": Spans(),
        "stored": with_surprises(candles),
        "waiting": candles.clear().select("opened_at"),
        "doubts": pl.DataFrame(schema={"ex_date": pl.Date(), "rule": pl.String()}),
        "tells_volume": True,
    }
    return SeriesDays(**(values | changes))


def lost(candles: pl.DataFrame, **changes: object) -> dict[date, dict[str, float]]:
    scores = day_scores(series(candles, **changes))
    assert scores.schema == SCORE_SCHEMA
    assert (scores["score"] == (100 - scores.select(pl.sum_horizontal(*DEDUCTIONS)).to_series()).clip(0)).all()
    return {
        row["day"]: {name: row[name] for name in DEDUCTIONS if row[name]}
        for row in scores.iter_rows(named=True)
        if row["score"] < 100
    }


LAST = LONG["opened_at"][-1]


def test_days_with_everything_score_a_hundred() -> None:
    assert lost(LONG) == {}
    assert day_scores(series(LONG)).height == 10


def test_a_missing_candle_takes_off_half_unless_it_is_explained() -> None:
    assert lost(LONG[:-1]) == {LAST.date(): {"missing": 50.0}}
    assert lost(LONG[:-1], explained=Spans((days(LAST.date(), LAST.date()),))) == {}


def test_a_row_that_waits_in_quarantine_takes_off_its_share() -> None:
    waiting = pl.DataFrame({"opened_at": [LAST]}, schema={"opened_at": INSTANT})
    assert lost(LONG[:-1], waiting=waiting) == {LAST.date(): {"missing": 50.0, "set_aside": 30.0}}


def test_a_surprise_takes_off_more_the_larger_it_is_up_to_twenty() -> None:
    assert lost(scaled(LONG, [299], 0.3)) == {LAST.date(): {"surprise": 20.0}}
    small = lost(scaled(LONG, [299], 0.83))[LAST.date()]
    assert 0 < small["surprise"] < 20


def test_the_largest_surprise_is_named() -> None:
    row = day_scores(series(scaled(LONG, [299], 0.3))).row(-1, named=True)
    assert row["surprise_of"] == "return"
    assert row["surprise_by"] > 16


def test_an_untold_volume_takes_off_ten_where_the_series_tells_volumes() -> None:
    silent = planted(LONG, 299, volume=pl.lit(None))
    assert lost(silent) == {LAST.date(): {"volume": 10.0}}
    assert lost(silent, tells_volume=False) == {}


def test_a_dividend_in_doubt_takes_off_ten_and_is_named() -> None:
    doubts = pl.DataFrame({"ex_date": [LAST.date()] * 2, "rule": ["dividend_twice", "adjustment_missing"]})
    assert lost(LONG, doubts=doubts) == {LAST.date(): {"dividend": 10.0}}
    assert day_scores(series(LONG, doubts=doubts))["doubts"][-1] == "adjustment_missing, dividend_twice"


@given(st.integers(0, 24), st.integers(0, 24))
def test_hours_count_by_their_share_of_the_day(missing: int, explained: int) -> None:
    hours = walk(BTC, count=48, first=date(2024, 1, 1)).with_columns(
        opened_at=pl.datetime_range(
            date(2024, 1, 1), date(2024, 1, 3), "1h", closed="left", eager=True, time_zone="UTC"
        ).cast(INSTANT)
    )
    kept = hours.filter(~pl.int_range(pl.len()).is_between(24, 23 + missing))
    why = (
        Spans.of(
            [
                days(date(2024, 1, 1), date(2024, 1, 1)).__class__(
                    hours["opened_at"][24], hours["opened_at"][24] + timedelta(hours=explained)
                )
            ]
        )
        if explained
        else Spans()
    )
    scores = day_scores(series(kept, expected=hours["opened_at"].to_physical().to_numpy(), explained=why))
    assert scores["expected"].to_list() == [24, 24]
    assert np.isclose(scores["missing"][1], 50 * max(0, missing - explained) / 24)
