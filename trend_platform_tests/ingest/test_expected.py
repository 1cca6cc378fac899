from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.ingest.expected import FreshnessLimits, Habits, days_promised, hours_promised, price_expected


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


LIMITS = FreshnessLimits()
POLYGON_PAID = Habits(settles_after=timedelta(hours=4, minutes=30))
POLYGON_FREE = Habits(settles_after=timedelta(hours=8, minutes=15), serves_forming=False)
INSTANTS = st.integers(to_us(at("2005-01-10")), to_us(at("2025-12-31"))).map(from_us)
VENUES = st.sampled_from(["XNYS", "XTKS", "24/5", "24/7"]).map(get_calendar)


@pytest.mark.parametrize(
    ("calendar", "now", "expected"),
    [
        ("XNYS", "2026-03-04T17:00", "2026-03-04T16:57"),
        ("XNYS", "2026-03-04T14:31", "2026-03-03T20:59"),
        ("XNYS", "2026-03-04T14:34", "2026-03-04T14:31"),
        ("XNYS", "2026-03-04T13:00", "2026-03-03T20:59"),
        ("XNYS", "2026-03-04T21:01", "2026-03-04T20:58"),
        ("XNYS", "2026-03-04T21:15", "2026-03-04T20:59"),
        ("XNYS", "2026-03-07T12:00", "2026-03-06T20:59"),
        ("XNYS", "2026-03-09T13:40", "2026-03-09T13:37"),
        ("XNYS", "2026-11-27T19:00", "2026-11-27T17:59"),
        ("XTKS", "2026-03-04T03:00", "2026-03-04T02:29"),
        ("24/7", "2026-03-07T12:00", "2026-03-07T11:57"),
        ("24/7", "2026-03-07T00:01", "2026-03-06T23:58"),
    ],
    ids=[
        "open", "a minute after the open", "four minutes after it", "before the open", "a minute after the close",
        "15 minutes after the close", "weekend", "after a clock change", "half day", "lunch", "always open", "its midnight",
    ],
)  # fmt: skip
def test_a_price_is_expected_by_the_hours_of_its_market(calendar: str, now: str, expected: str):
    assert price_expected(get_calendar(calendar), at(now), LIMITS) == at(expected)


@given(VENUES, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=5)))
def test_what_is_expected_of_a_price_never_goes_back_and_lies_within_a_session(calendar, now, later):
    first, second = (price_expected(calendar, instant, LIMITS) for instant in (now, now + later))
    assert first is not None
    assert second is not None
    assert first <= second + LIMITS.closing <= now + later
    assert calendar.is_open(first)


@pytest.mark.parametrize(
    ("calendar", "now", "habits", "stored", "final"),
    [
        ("XNYS", "2026-03-04T17:10", Habits(), "2026-03-04T16:30", "2026-03-04T15:30"),
        ("XNYS", "2026-03-04T16:50", Habits(), "2026-03-04T15:30", "2026-03-04T15:30"),
        ("XNYS", "2026-03-04T14:40", Habits(), "2026-03-03T20:30", "2026-03-03T20:30"),
        ("XNYS", "2026-03-04T21:15", Habits(), "2026-03-04T20:30", "2026-03-04T20:30"),
        ("XNYS", "2026-03-04T21:14", Habits(), "2026-03-04T20:30", "2026-03-04T19:30"),
        ("XNYS", "2026-03-04T21:15", POLYGON_PAID, "2026-03-04T20:30", "2026-03-03T20:30"),
        ("XNYS", "2026-03-04T21:15", POLYGON_FREE, "2026-03-03T20:30", "2026-03-03T20:30"),
        ("XNYS", "2026-03-08T12:00", POLYGON_PAID, "2026-03-06T20:30", "2026-03-06T20:30"),
        ("XNYS", "2026-11-27T18:20", Habits(), "2026-11-27T17:30", "2026-11-27T17:30"),
        ("XTKS", "2026-03-04T03:00", Habits(), "2026-03-04T02:00", "2026-03-04T02:00"),
        ("24/7", "2026-03-07T00:30", Habits(), "2026-03-07T00:00", "2026-03-06T23:00"),
    ],
    ids=[
        "open", "an hour just begun", "just opened", "15 minutes after the close", "14 minutes after it", "settles late",
        "comes late", "weekend", "half day", "lunch", "always open",
    ],
)  # fmt: skip
def test_hours_are_promised_by_market_and_provider(calendar: str, now: str, habits: Habits, stored: str, final: str):
    promise = hours_promised(get_calendar(calendar), at(now), habits, LIMITS)
    assert (promise.stored, promise.final) == (at(stored), at(final))


@given(VENUES, INSTANTS, st.sampled_from([Habits(), POLYGON_PAID, POLYGON_FREE]))
def test_what_should_be_final_should_be_stored(calendar, now, habits):
    for promised in (hours_promised, days_promised):
        promise = promised(calendar, now, habits, LIMITS)
        assert promise.stored is not None
        assert promise.final is not None
        assert promise.final <= promise.stored <= now


@pytest.mark.parametrize(
    ("calendar", "now", "expected"),
    [
        ("XNYS", "2026-03-05T12:59", "2026-03-03T00:00"),
        ("XNYS", "2026-03-05T13:00", "2026-03-04T00:00"),
        ("XNYS", "2026-03-09T12:00", "2026-03-06T00:00"),
        ("24/7", "2026-03-09T12:00", "2026-03-07T00:00"),
    ],
    ids=["in the night after", "before the next open", "Monday morning", "always open"],
)
def test_a_day_is_promised_when_evening_and_night_have_had_their_chance(calendar: str, now: str, expected: str):
    assert days_promised(get_calendar(calendar), at(now), Habits(), LIMITS).final == at(expected)
