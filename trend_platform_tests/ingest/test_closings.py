"""Which sessions have ended, by the calendar of each instrument."""

from datetime import UTC, date, datetime

import pytest

from trend_platform.ingest.closings import closings, next_closing
from trend_platform_tests.ingest.builders import coin, stock

BOTH = (stock(1), coin(2))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_session_that_has_just_closed_is_found_once():
    assert closings(BOTH, at("2026-11-20T20:59"), at("2026-11-20T20:59:59")) == ()
    (found,) = closings(BOTH, at("2026-11-20T20:59"), at("2026-11-20T21:00"))
    assert (found.calendar, found.instruments, found.closed_at) == ("XNYS", (BOTH[0],), at("2026-11-20T21:00"))
    assert closings(BOTH, at("2026-11-20T21:00"), at("2026-11-20T23:59")) == ()


def test_days_reach_back_to_the_session_before_over_a_weekend_and_a_holiday():
    (monday,) = closings(BOTH[:1], at("2026-11-23T20:00"), at("2026-11-23T22:00"))
    assert (monday.first_day, monday.last_day) == (date(2026, 11, 20), date(2026, 11, 23))
    (after_thanksgiving,) = closings(BOTH[:1], at("2026-11-27T17:00"), at("2026-11-27T18:00"))
    assert (after_thanksgiving.first_day, after_thanksgiving.last_day) == (date(2026, 11, 25), date(2026, 11, 27))


def test_a_day_that_ends_at_midnight_is_the_day_before():
    (found,) = closings(BOTH[1:], at("2026-11-20T23:00"), at("2026-11-21T00:00"))
    assert (found.first_day, found.last_day) == (date(2026, 11, 19), date(2026, 11, 20))


def test_a_session_east_of_greenwich_begins_on_the_evening_before_in_utc():
    sydney = stock(3).__class__(3, "BHP", stock(3).asset_class, "XASX")
    (found,) = closings([sydney], at("2026-11-20T04:00"), at("2026-11-20T06:00"))
    assert (found.first_day, found.last_day) == (date(2026, 11, 18), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("after", "closes", "calendar"),
    [("2026-11-20T20:59", "2026-11-20T21:00", "XNYS"), ("2026-11-20T21:00", "2026-11-21T00:00", "24/7")],
)
def test_the_next_close_is_named(after: str, closes: str, calendar: str):
    assert next_closing(BOTH, at(after)) == (at(closes), calendar)
    assert next_closing((), at(after)) is None
