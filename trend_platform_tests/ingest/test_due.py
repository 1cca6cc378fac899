"""Which slots a market makes due: over clock changes, half days, holidays, lunch breaks, and where nothing ever closes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import UsageError
from trend_platform.ingest.due import describe, due, slot_of
from trend_platform_tests.ingest.builders import coin, stock

MINUTE, TEN, HOUR = timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)
CALENDARS = ("XNYS", "XLON", "XTKS", "24/7", "24/5")

# New York changes its clocks on 8 March and 1 November 2026, London on 29 March and 25 October; Thanksgiving is on
# 26 November with a half day after it, Christmas Eve is a half day.
TURNS = [date(2026, *day) for day in ((3, 8), (3, 29), (10, 25), (11, 1), (11, 26), (11, 27), (12, 24), (1, 1))]

slots = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from(TURNS),
    st.integers(-3 * 1440, 3 * 1440),
)


def on(calendar: str) -> Instrument:
    return Instrument(1, "ONE", AssetClass.STOCK, calendar)


@given(st.sampled_from(CALENDARS), slots, st.sampled_from([MINUTE, TEN, HOUR]))
@example("XNYS", datetime(2026, 11, 27, 18, 0, tzinfo=UTC), MINUTE)
@example("XTKS", datetime(2026, 11, 27, 3, 30, tzinfo=UTC), HOUR)
def test_a_slot_is_due_if_the_market_was_open_at_any_minute_of_it(calendar: str, slot: datetime, length: timedelta):
    found = due([on(calendar)], slot, length)
    # Sessions begin and end with a minute, so looking at every minute misses none.
    minutes = [slot - length + nth * MINUTE for nth in range(length // MINUTE + 1)]
    assert bool(found.open) == any(get_calendar(calendar).is_open(minute) for minute in minutes)


@given(st.sampled_from(CALENDARS), slots)
def test_a_closed_market_says_when_it_opens_next_and_is_due_then(calendar: str, slot: datetime):
    found = due([on(calendar)], slot, MINUTE)
    assert bool(found.open) != bool(found.closed)
    for at in found.closed.values():
        assert at > slot
        assert due([on(calendar)], at, MINUTE).open
        assert not due([on(calendar)], at - MINUTE, MINUTE).open


@pytest.mark.parametrize(
    ("day", "first", "last", "minutes"),
    [
        (date(2026, 3, 6), "14:30", "21:00", 391),  # the Friday before the clocks change
        (date(2026, 3, 9), "13:30", "20:00", 391),  # the Monday after
        (date(2026, 11, 25), "14:30", "21:00", 391),
        (date(2026, 11, 27), "14:30", "18:00", 211),  # half day
    ],
)
def test_a_session_of_new_york_is_due_from_its_open_to_its_close_and_no_minute_longer(
    day: date, first: str, last: str, minutes: int
):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    ticks = [midnight + nth * MINUTE for nth in range(1440)]
    hit = [tick for tick in ticks if due([stock(1)], tick, MINUTE).open]
    assert (f"{hit[0]:%H:%M}", f"{hit[-1]:%H:%M}", len(hit)) == (first, last, minutes)


@pytest.mark.parametrize("day", [date(2026, 11, 26), date(2026, 11, 28), date(2026, 12, 25)])
def test_nothing_of_a_holiday_or_a_weekend_is_due_but_coins_are(day: date):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for nth in range(0, 1440, 10):
        assert due([stock(1), coin(2)], midnight + nth * MINUTE, TEN).open == (coin(2),)


def test_ten_minutes_of_an_hourly_tick_hold_the_close_once():
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    hit = [f"{tick:%H:%M}" for nth in range(144) if due([stock(1)], tick := midnight + nth * TEN, TEN).open]
    assert (hit[0], hit[-1], len(hit)) == ("14:30", "21:00", 40)


def test_a_lunch_break_is_not_due_after_the_slot_in_which_it_begins():
    # Tokyo trades 09:00-11:30 and 12:30-15:30, nine hours ahead of UTC.
    ticks = {text: due([on("XTKS")], datetime.fromisoformat(f"2026-11-20T{text}:00Z"), MINUTE).open for text in
             ("02:29", "02:30", "02:31", "03:29", "03:30")}  # fmt: skip
    assert {text for text, hit in ticks.items() if hit} == {"02:29", "02:30", "03:30"}


def test_an_instrument_is_due_only_while_it_is_listed():
    slot = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    before = stock(1, "SOON", listed_on=date(2026, 11, 21))
    after = Instrument(2, "GONE", AssetClass.STOCK, "XNYS", delisted_on=date(2026, 11, 20))
    assert due([before, after, stock(3)], slot, MINUTE).open == (stock(3),)


@given(st.integers(0, 10**15), st.integers(1, 3600))
def test_a_slot_holds_the_instant_it_is_of(microseconds: int, seconds: int):
    now, length = from_us(microseconds), timedelta(seconds=seconds)
    slot = slot_of(now, length)
    assert slot <= now < slot + length
    assert slot_of(slot, length) == slot
    assert slot_of(slot + length, length) == slot + length


def test_a_slot_without_length_is_refused():
    with pytest.raises(UsageError, match="length above zero"):
        slot_of(datetime(2026, 1, 1, tzinfo=UTC), timedelta(0))


def test_the_sentence_says_who_opens_when_the_earliest_first():
    now = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
    found = due([stock(1), on("XTKS")], slot_of(now, MINUTE), MINUTE)
    assert describe(found, now) == (
        "closed: XTKS opens Mon 2026-11-30 00:00 UTC, in 1 d 12 h; XNYS opens Mon 2026-11-30 14:30 UTC, in 2 d 2 h"
    )


def test_the_sentence_of_an_empty_desk_says_what_to_do():
    now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    assert "watchlist" in describe(due([], now, MINUTE), now)
    assert describe(due([coin(1)], now, MINUTE), now) == "1 due: 24/7 traded"
