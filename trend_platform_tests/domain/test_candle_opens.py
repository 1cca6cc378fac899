"""Candles of a calendar tile its sessions: none is missing, none is twice, none reaches over a close."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe

INTRADAY = [timeframe for timeframe in Timeframe if timeframe.is_intraday]
VENUES = ["XNYS", "XLON", "XTKS", "24/5", "24/7"]
# Daylight saving time begins or ends, half days, holidays and the longer Tokyo day lie in these.
WEEKS = [
    date(2024, 3, 4),
    date(2024, 3, 25),
    date(2024, 7, 1),
    date(2024, 10, 28),
    date(2024, 11, 25),
    date(2024, 12, 23),
]


def counts(name: str, day: date) -> list[int]:
    calendar = get_calendar(name)
    return [len(calendar.candle_opens(timeframe, days(day, day))) for timeframe in INTRADAY]


@pytest.mark.parametrize("timeframe", INTRADAY)
@pytest.mark.parametrize("name", VENUES)
def test_intraday_candles_tile_each_stretch_of_trading(name: str, timeframe: Timeframe) -> None:
    calendar = get_calendar(name)
    step = timeframe.step // timedelta(microseconds=1)
    for week in WEEKS:
        first, last = calendar.stretch_opens.searchsorted(
            [to_us(midnight(week)), to_us(midnight(week + timedelta(days=9)))]
        )
        for start, end in zip(calendar.stretch_opens[first:last], calendar.stretch_closes[first:last], strict=True):
            opens = calendar.candle_opens(timeframe, Interval(from_us(start), from_us(end)))
            closes = calendar.candle_closes(timeframe, opens)
            assert opens[0] == start
            assert closes[-1] == end
            assert (opens[1:] == closes[:-1]).all()
            assert (closes[:-1] - opens[:-1] == step).all()
            assert 0 < closes[-1] - opens[-1] <= step


@given(
    st.sampled_from(VENUES),
    st.sampled_from(list(Timeframe)),
    st.lists(st.integers(0, 60 * 24 * 120), min_size=2, max_size=4, unique=True).map(sorted),
)
def test_the_candles_of_neighbouring_intervals_are_those_of_both(
    name: str, timeframe: Timeframe, minutes: list[int]
) -> None:
    calendar = get_calendar(name)
    cuts = [datetime(2024, 1, 20, tzinfo=UTC) + timedelta(minutes=minute) for minute in minutes]
    parts = [calendar.candle_opens(timeframe, Interval(a, b)) for a, b in pairwise(cuts)]
    whole = calendar.candle_opens(timeframe, Interval(cuts[0], cuts[-1]))
    assert np.concatenate(parts).tolist() == whole.tolist()
    assert (np.diff(whole) > 0).all()
    assert ((whole >= to_us(cuts[0])) & (whole < to_us(cuts[-1]))).all()


@given(st.sampled_from(VENUES), st.sampled_from(list(Timeframe)), st.integers(0, 60 * 24 * 400))
def test_what_is_settled_is_over_and_what_follows_is_not(name: str, timeframe: Timeframe, minute: int) -> None:
    calendar, now = get_calendar(name), datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = calendar.closed_until(timeframe, now)
    opens = calendar.candle_opens(timeframe, Interval(now - timedelta(days=90), now + timedelta(days=40)))
    is_over = calendar.candle_closes(timeframe, opens) <= to_us(now)
    assert ((opens < to_us(until)) == is_over).all()


def test_a_full_day_of_new_york_has_its_candles() -> None:
    assert counts("XNYS", date(2024, 3, 8)) == [390, 78, 26, 13, 7, 2, 1]


def test_a_half_day_of_new_york_has_fewer() -> None:
    assert counts("XNYS", date(2024, 7, 3)) == [210, 42, 14, 7, 4, 1, 1]


def test_on_a_half_day_the_minute_before_the_close_is_expected_and_none_after() -> None:
    opens = get_calendar("XNYS").candle_opens(Timeframe.M1, days(date(2024, 7, 3), date(2024, 7, 4)))
    assert from_us(opens[-1]) == datetime(2024, 7, 3, 16, 59, tzinfo=UTC)


def test_the_last_hour_of_a_half_day_is_half_an_hour() -> None:
    calendar = get_calendar("XNYS")
    opens = calendar.candle_opens(Timeframe.H1, days(date(2024, 7, 3), date(2024, 7, 3)))
    assert (calendar.candle_closes(Timeframe.H1, opens) - opens).tolist() == [3_600_000_000] * 3 + [1_800_000_000]


def test_hours_move_with_the_clock_of_new_york() -> None:
    calendar = get_calendar("XNYS")
    opens = calendar.candle_opens(Timeframe.H12, days(date(2024, 3, 8), date(2024, 3, 11)))
    assert [from_us(stamp).strftime("%m-%d %H:%M") for stamp in opens] == ["03-08 14:30", "03-11 13:30"]


def test_the_day_of_a_clock_change_is_a_day_of_24_hours_where_days_are_utc() -> None:
    assert counts("24/7", date(2024, 3, 10)) == counts("24/5", date(2024, 3, 11)) == [1440, 288, 96, 48, 24, 6, 2]


def test_no_candle_of_tokyo_lies_in_its_lunch() -> None:
    opens = get_calendar("XTKS").candle_opens(Timeframe.H1, days(date(2024, 3, 8), date(2024, 3, 8)))
    assert [from_us(stamp).strftime("%H:%M") for stamp in opens] == [
        "00:00",
        "01:00",
        "02:00",
        "03:30",
        "04:30",
        "05:30",
    ]


def test_daily_candles_are_stamped_with_the_session() -> None:
    calendar = get_calendar("XNYS")
    opens = calendar.candle_opens(Timeframe.D1, days(date(2024, 7, 3), date(2024, 7, 8)))
    assert [from_us(stamp).date().day for stamp in opens] == [3, 5, 8]
    assert from_us(calendar.candle_closes(Timeframe.D1, opens)[0]) == datetime(2024, 7, 3, 17, tzinfo=UTC)


def test_a_week_is_stamped_with_its_monday_though_that_be_a_holiday() -> None:
    calendar = get_calendar("XNYS")
    labor_day = date(2024, 9, 2)
    opens = calendar.candle_opens(Timeframe.W1, days(labor_day, labor_day))
    assert opens.tolist() == [to_us(midnight(labor_day))]
    assert from_us(calendar.candle_closes(Timeframe.W1, opens)[0]) == datetime(2024, 9, 6, 20, tzinfo=UTC)


def test_a_month_is_stamped_with_its_first_day_though_that_be_a_sunday() -> None:
    calendar = get_calendar("XNYS")
    opens = calendar.candle_opens(Timeframe.MO1, days(date(2024, 9, 1), date(2024, 9, 1)))
    assert opens.tolist() == [to_us(midnight(date(2024, 9, 1)))]
    assert from_us(calendar.candle_closes(Timeframe.MO1, opens)[0]) == datetime(2024, 9, 30, 20, tzinfo=UTC)


def test_a_period_whose_stamp_lies_before_the_interval_is_not_in_it() -> None:
    calendar = get_calendar("24/7")
    for timeframe in (Timeframe.W1, Timeframe.MO1):
        assert not len(calendar.candle_opens(timeframe, days(date(2024, 5, 2), date(2024, 5, 5))))


@pytest.mark.parametrize("timeframe", Timeframe)
def test_nothing_is_expected_before_1962_and_intervals_may_reach_to_the_end_of_time(timeframe: Timeframe) -> None:
    calendar = get_calendar("XNYS")
    assert not len(calendar.candle_opens(timeframe, days(date(1, 1, 1), date(1961, 12, 31))))
    last = calendar.candle_opens(timeframe, Interval(midnight(date(2049, 12, 1)), midnight(date(9999, 12, 31))))
    assert last[-1] < calendar.known_until


def test_an_interval_within_a_session_holds_only_stamps_inside_it() -> None:
    calendar = get_calendar("XNYS")
    start = datetime(2024, 3, 8, 14, 45, tzinfo=UTC)
    assert not len(calendar.candle_opens(Timeframe.H1, Interval(start, start + timedelta(minutes=30))))
    assert not len(calendar.candle_opens(Timeframe.H1, Interval(start, start)))
