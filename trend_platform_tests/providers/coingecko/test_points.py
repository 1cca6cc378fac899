"""Days made of hourly points: what is open, close, high and low, what is refused, what is set aside."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.intervals import days, midnight
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.base import Capabilities
from trend_platform.providers.coingecko.points import Days, daily_candles, read_points

DAY = date(2026, 11, 18)
START = midnight(DAY)
CAPABILITIES = Capabilities(frozenset(), frozenset(), Basis.RAW, settles_after=timedelta(hours=1))


def _points(instants: list[datetime], prices: list[float] | None = None) -> pl.DataFrame:
    told = prices or [float(number) for number in range(len(instants))]
    return read_points(
        {"prices": [[int(at.timestamp() * 1000), price] for at, price in zip(instants, told, strict=True)]}
    )


def _hours(first: int, last: int) -> list[datetime]:
    # Points come some time after the full hour.
    return [START + timedelta(hours=hour, seconds=90) for hour in range(first, last)]


def _days(points: pl.DataFrame, count: int = 1, now: datetime = START + timedelta(days=3)) -> Days:
    return daily_candles(points, 5, days(DAY, DAY + timedelta(days=count - 1)), CAPABILITIES, now)


def test_a_day_runs_from_its_midnights_price_to_the_next_ones() -> None:
    candle = _days(_points(_hours(0, 26))).candles.row(0, named=True)
    assert (candle["open"], candle["high"], candle["low"], candle["close"]) == (0.0, 24.0, 0.0, 24.0)
    assert (candle["opened_at"], candle["volume"], candle["is_final"]) == (START, None, True)


def test_the_price_at_the_closing_midnight_can_be_the_days_low() -> None:
    candle = _days(_points(_hours(0, 25), [10.0] * 24 + [3.0])).candles.row(0, named=True)
    assert (candle["low"], candle["close"]) == (3.0, 3.0)


def test_a_closing_price_that_comes_late_is_not_the_close() -> None:
    late = [*_hours(0, 24), START + timedelta(hours=24, minutes=45)]
    assert _days(_points(late)).candles["close"][0] == 23.0


def test_today_is_not_final_and_its_last_point_now_is_dropped() -> None:
    now = START + timedelta(hours=10, minutes=12)
    points = _points([*_hours(0, 11), now])
    candle = _days(points, now=now).candles.row(0, named=True)
    assert (candle["is_final"], candle["close"]) == (False, 10.0)


def test_a_day_is_not_final_before_it_has_settled() -> None:
    points = _points(_hours(0, 25))
    assert _days(points, now=START + timedelta(days=1, minutes=30)).candles["is_final"].to_list() == [False]
    assert _days(points, now=START + timedelta(days=1, minutes=60)).candles["is_final"].to_list() == [True]


@pytest.mark.parametrize(("missing", "is_whole"), [(0, True), (4, True), (5, False)])
def test_a_day_with_too_few_points_is_set_aside_and_not_made_up(missing: int, is_whole: bool) -> None:
    kept = [at for number, at in enumerate(_hours(0, 25)) if not 3 <= number < 3 + missing]
    result = _days(_points(kept))
    assert (result.candles.height == 1, result.rejected.height == 0) == (is_whole, is_whole)
    if not is_whole:
        assert result.rejected.select("opened_at", "rule").rows() == [(START, "incomplete_day")]
        assert "19 of 24 hourly points" in result.rejected["reason"][0]


def test_a_day_without_its_first_hour_has_no_open() -> None:
    assert _days(_points(_hours(1, 26))).candles.height == 0


@pytest.mark.parametrize("step", [timedelta(minutes=5), timedelta(hours=4), timedelta(days=1)])
def test_points_of_another_distance_are_refused(step: timedelta) -> None:
    with pytest.raises(GranularityMismatch, match="hours apart"):
        _days(_points([START + number * step for number in range(40)]))


@pytest.mark.parametrize("document", [[], {}, {"prices": {}}, {"prices": [[1]]}, {"prices": [5]}, None])
def test_what_holds_no_points_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="holds no points"):
        read_points(document)


def test_no_points_are_no_days() -> None:
    assert _days(read_points({"prices": []})).candles.height == 0


def test_days_beyond_the_asked_ones_are_left_out() -> None:
    points = _points([START + timedelta(hours=hour) for hour in range(-48, 72)])
    assert _days(points, count=2).candles["opened_at"].to_list() == [START, START + timedelta(days=1)]
