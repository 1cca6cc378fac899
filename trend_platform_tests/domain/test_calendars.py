"""Sessions of venues: half days, holidays, daylight saving time, lunch breaks and the edges of what is known."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError

NEW_YORK = ZoneInfo("America/New_York")


def new_york(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=NEW_YORK)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        (new_york(2024, 3, 8, 9, 29, 59), False),
        (new_york(2024, 3, 8, 9, 30), True),
        (new_york(2024, 3, 8, 15, 59, 59), True),
        (new_york(2024, 3, 8, 16), False),
        (new_york(2024, 3, 11, 9, 30), True),
        (utc(2024, 3, 11, 13, 30), True),
        (utc(2024, 11, 4, 13, 45), False),
        (new_york(2024, 3, 9, 12), False),
        (new_york(2024, 7, 3, 12, 59), True),
        (new_york(2024, 7, 3, 13), False),
        (new_york(2024, 7, 4, 12), False),
        (new_york(1950, 7, 5, 12), False),
    ],
)
def test_new_york_is_open_by_its_own_clock(instant: datetime, is_open: bool) -> None:
    assert get_calendar("XNYS").is_open(instant) is is_open


def test_the_next_opening_is_strictly_later_and_skips_holidays() -> None:
    calendar = get_calendar("XNYS")
    assert calendar.next_open(new_york(2024, 3, 8, 9, 30)) == new_york(2024, 3, 11, 9, 30)
    assert calendar.next_open(new_york(2024, 7, 3, 16)) == new_york(2024, 7, 5, 9, 30)
    assert calendar.next_open(new_york(1950, 7, 3, 16)) == new_york(1962, 1, 2, 9, 30)


def test_a_session_is_a_day_of_trading() -> None:
    calendar = get_calendar("XNYS")
    assert calendar.is_session(date(2024, 7, 3))
    assert not calendar.is_session(date(2024, 7, 4))
    assert not calendar.is_session(date(1961, 12, 29))
    assert not calendar.is_session(date(2050, 1, 3))
    assert calendar.session_on_or_before(date(2024, 7, 4)) == date(2024, 7, 3)
    assert calendar.session_on_or_before(date(2024, 7, 5)) == date(2024, 7, 5)
    assert calendar.session_close(date(2024, 7, 3)) == new_york(2024, 7, 3, 13)


def test_the_close_of_a_holiday_is_refused_with_the_session_before() -> None:
    with pytest.raises(UsageError, match="no session on 2024-07-04; the one before is 2024-07-03"):
        get_calendar("XNYS").session_close(date(2024, 7, 4))


def test_days_before_the_first_session_are_refused() -> None:
    with pytest.raises(UsageError, match="known from 1962-01-02 on"):
        get_calendar("XNYS").session_on_or_before(date(1950, 1, 1))


def test_tokyo_pauses_for_lunch() -> None:
    calendar = get_calendar("XTKS")
    assert calendar.is_open(utc(2024, 3, 8, 2, 29))
    assert not calendar.is_open(utc(2024, 3, 8, 2, 30))
    assert not calendar.is_open(utc(2024, 3, 8, 3, 29))
    assert calendar.is_open(utc(2024, 3, 8, 3, 30))
    assert calendar.next_open(utc(2024, 3, 8, 0)) == utc(2024, 3, 8, 3, 30)
    assert calendar.session_close(date(2024, 3, 8)) == utc(2024, 3, 8, 6)


def test_london_has_no_lunch_and_changes_its_clock_on_its_own_day() -> None:
    calendar = get_calendar("XLON")
    assert calendar.is_open(utc(2024, 3, 8, 12))
    assert calendar.next_open(utc(2024, 3, 28, 23)) == utc(2024, 4, 2, 7)
    assert calendar.next_open(utc(2024, 3, 27, 23)) == utc(2024, 3, 28, 8)


def test_crypto_never_closes() -> None:
    calendar = get_calendar("24/7")
    assert calendar.always_open
    assert not get_calendar("XNYS").always_open
    assert calendar.is_open(utc(2024, 12, 25, 3))
    assert calendar.is_session(date(2024, 2, 29))
    assert calendar.session_close(date(2024, 3, 9)) == utc(2024, 3, 10)
    assert calendar.next_open(utc(2024, 3, 9)) == utc(2024, 3, 10)


def test_currencies_trade_from_monday_to_friday_in_utc() -> None:
    calendar = get_calendar("24/5")
    assert not calendar.is_open(utc(2024, 3, 10, 23, 59))
    assert calendar.is_open(utc(2024, 3, 11))
    assert calendar.is_open(utc(2024, 3, 15, 23, 59))
    assert not calendar.is_open(utc(2024, 3, 16))
    assert calendar.is_session(date(2024, 12, 25))


@pytest.mark.parametrize("name", ["XNYS", "XLON", "XTKS", "24/5", "24/7"])
def test_sessions_are_sorted_apart_and_frozen(name: str) -> None:
    calendar = get_calendar(name)
    for opens, closes in [(calendar.opens, calendar.closes), (calendar.stretch_opens, calendar.stretch_closes)]:
        assert len(opens) == len(closes)
        assert (opens < closes).all()
        assert (closes[:-1] <= opens[1:]).all()
    assert len(calendar.sessions) == len(calendar.opens)
    assert (np.diff(calendar.sessions) > 0).all()
    with pytest.raises(ValueError, match="read-only"):
        calendar.opens[0] = 0


@pytest.mark.parametrize("name", ["XNYS", "24/7"])
def test_beyond_the_known_years_nothing_is_made_up(name: str) -> None:
    calendar, late = get_calendar(name), utc(2050, 6, 1)
    for ask in (calendar.is_open, calendar.next_open, lambda now: calendar.closed_until(Timeframe.D1, now)):
        with pytest.raises(UsageError, match="known up to 2049-12-31"):
            ask(late)
    with pytest.raises(UsageError, match="known up to 2049-12-31"):
        calendar.next_open(utc(2049, 12, 31, 23))
    assert not len(calendar.candle_opens(Timeframe.H1, Interval(late, late + timedelta(days=9))))


@pytest.mark.filterwarnings("ignore::pandas.errors.PandasChangeWarning")
def test_a_venue_whose_holidays_are_known_for_some_years_is_known_for_these() -> None:
    calendar = get_calendar("XSHG")
    assert from_us(calendar.sessions[0]).year == 1990
    with pytest.raises(UsageError, match="a newer exchange_calendars may know"):
        calendar.is_open(from_us(calendar.known_until))


@pytest.mark.parametrize("name", ["xnys", "NOWHERE", ""])
def test_an_unknown_venue_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no trading calendar; use one like XNYS"):
        get_calendar(name)


def test_microseconds_there_and_back_are_exact() -> None:
    for instant in (utc(1962, 1, 2) + timedelta(microseconds=1), utc(2050, 1, 1) - timedelta(microseconds=1)):
        assert from_us(to_us(instant)) == instant


@pytest.mark.parametrize(
    ("name", "timeframe", "now", "until"),
    [
        ("XNYS", Timeframe.D1, new_york(2024, 3, 8, 15, 59), midnight(date(2024, 3, 8))),
        ("XNYS", Timeframe.D1, new_york(2024, 7, 3, 13), utc(2024, 7, 4, 17)),
        ("XNYS", Timeframe.H1, new_york(2024, 3, 8, 9, 30), new_york(2024, 3, 8, 9, 30)),
        ("XNYS", Timeframe.H1, new_york(2024, 3, 8, 10, 29), new_york(2024, 3, 8, 9, 30)),
        ("XNYS", Timeframe.H1, new_york(2024, 3, 8, 10, 30), new_york(2024, 3, 8, 10, 30)),
        ("XNYS", Timeframe.H1, new_york(2024, 3, 8, 16), new_york(2024, 3, 9, 16)),
        ("XNYS", Timeframe.W1, new_york(2024, 3, 8, 15, 59), midnight(date(2024, 3, 4))),
        ("XNYS", Timeframe.W1, new_york(2024, 3, 8, 16), utc(2024, 3, 9, 21)),
        ("XNYS", Timeframe.MO1, new_york(2024, 5, 31, 15, 59), midnight(date(2024, 5, 1))),
        ("XNYS", Timeframe.MO1, new_york(2024, 5, 31, 16), midnight(date(2024, 6, 1))),
        ("24/7", Timeframe.D1, utc(2024, 3, 9, 23, 59), midnight(date(2024, 3, 9))),
        ("24/7", Timeframe.D1, utc(2024, 3, 10), midnight(date(2024, 3, 10))),
        ("24/7", Timeframe.H12, utc(2024, 3, 9, 13), utc(2024, 3, 9, 12)),
        ("24/7", Timeframe.MO1, utc(2024, 3, 31, 23), utc(2024, 3, 1)),
        ("XTKS", Timeframe.H1, utc(2024, 3, 8, 2, 30), utc(2024, 3, 8, 3, 30)),
    ],
)
def test_the_settled_part_ends_where_a_candle_is_still_forming(
    name: str, timeframe: Timeframe, now: datetime, until: datetime
) -> None:
    assert get_calendar(name).closed_until(timeframe, now) == until
