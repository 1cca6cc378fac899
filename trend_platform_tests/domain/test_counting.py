"""Counting is laying out, only faster."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.counting import get_counter
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

INSTANTS = st.integers(0, 30 * 365 * 1440).map(
    lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=60))


@pytest.mark.parametrize("calendar", ["XNYS", "XTKS", "24/7", "24/5"])
@pytest.mark.parametrize("timeframe", list(Timeframe))
@given(start=INSTANTS, length=LENGTHS)
def test_as_many_candles_are_counted_as_the_calendar_lays_out(
    calendar: str, timeframe: Timeframe, start: datetime, length: timedelta
):
    interval = Interval(start, start + length)
    opens = get_calendar(calendar).candle_opens(timeframe, interval)
    counter = get_counter(calendar, timeframe)
    assert counter.count_in(interval) == len(opens)
    assert counter.first_in(interval) == (from_us(opens[0]) if len(opens) else None)


def test_a_half_day_ends_at_one_and_a_holiday_has_nothing():
    counter = get_counter("XNYS", Timeframe.M1)
    day_after_thanksgiving = Interval(datetime(2025, 11, 28, tzinfo=UTC), datetime(2025, 11, 29, tzinfo=UTC))
    thanksgiving = Interval(datetime(2025, 11, 27, tzinfo=UTC), datetime(2025, 11, 28, tzinfo=UTC))
    assert (counter.count_in(day_after_thanksgiving), counter.count_in(thanksgiving)) == (210, 0)


def test_stamps_are_what_they_are_counted_by():
    counter = get_counter("XTKS", Timeframe.H1)
    numbers = np.arange(5000, 5100)
    assert (counter.before(counter.stamps(numbers)) == numbers).all()


def test_before_and_after_all_that_is_known_nothing_is_counted():
    counter = get_counter("24/7", Timeframe.M1)
    ancient = Interval(datetime(1900, 1, 1, tzinfo=UTC), datetime(1950, 1, 1, tzinfo=UTC))
    assert counter.count_in(ancient) == 0
