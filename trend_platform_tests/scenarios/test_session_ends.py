"""Scenario 18: the last candle of a session closes on the calendar, not on the next tick, whatever day of the year it is."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.freshness import What, freshness
from trend_platform.ingest.read import Source, read_latest, read_series
from trend_platform_tests.scenarios.minutes import MinuteLoop

SECOND, MINUTE, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10)
A_MOMENT = timedelta(seconds=5)


class Day(NamedTuple):
    """A session of New York, all UTC."""

    opens: datetime
    last_hour: datetime
    closes: datetime
    next_opens: datetime


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAYS = {
    "the eve of a holiday": ("2025-11-26 14:30", "2025-11-26 20:30", "2025-11-26 21:00", "2025-11-28 14:30"),
    "a half day": ("2025-11-28 14:30", "2025-11-28 17:30", "2025-11-28 18:00", "2025-12-01 14:30"),
    "before summer time begins": ("2026-03-06 14:30", "2026-03-06 20:30", "2026-03-06 21:00", "2026-03-09 13:30"),
    "before summer time ends": ("2025-10-31 13:30", "2025-10-31 19:30", "2025-10-31 20:00", "2025-11-03 14:30"),
}


@pytest.fixture(params=DAYS)
def day(request: pytest.FixtureRequest) -> Day:
    return Day(*map(utc, DAYS[request.param]))


def closed(loop: MinuteLoop, day: Day) -> MinuteLoop:
    """Let the loops look for the last time of a session: in the slot at its close, and never after."""
    loop.stand_at(day.closes - TEN_MINUTES + A_MOMENT)
    loop.activate("AAPL")
    loop.prices.run()
    loop.charts.run()
    assert loop.chart("AAPL").hours[-1][::2] == (day.last_hour, False)
    loop.stand_at(day.closes + A_MOMENT)
    loop.prices.run()
    ran = loop.charts.run()
    assert (ran.check.passed, ran.shown["unexplained missing"]) == (True, 0)
    assert ran.shown["expected"] == ran.shown["stored"]
    return loop


def test_the_slot_at_the_close_makes_the_last_hour_final_and_brings_the_last_price(loop: MinuteLoop, day: Day) -> None:
    closed(loop, day)
    expected = get_calendar("XNYS").candle_opens(Timeframe.H1, Interval(day.opens, day.closes))
    hours = loop.hours("AAPL")
    assert [one.opened_at for one in hours] == [from_us(at) for at in expected]
    assert hours[-1].opened_at == day.last_hour
    assert all(one.is_final for one in hours)
    assert loop.chart("AAPL") == (day.opens.date(), hours)
    price = loop.price("AAPL")
    assert (price.quoted_at, price.price) == (day.closes - SECOND, hours[-1].close)
    assert loop.hourly_gaps("AAPL") == ()
    loop.check_books()


def test_no_tick_comes_until_the_next_session_and_readers_keep_what_the_close_left(loop: MinuteLoop, day: Day) -> None:
    closed(loop, day)
    chart, price = loop.chart("AAPL"), loop.price("AAPL")
    for later in (MINUTE, TEN_MINUTES, timedelta(hours=3), day.next_opens - day.closes - MINUTE):
        loop.stand_at(day.closes + later)
        opens = f"XNYS opens {day.next_opens:%a %Y-%m-%d %H:%M} UTC"
        assert opens in str(loop.prices.tick())
        assert "run" not in str(loop.charts.tick())
    loop.world.backfill(Range.D7, as_of=day.closes.date())
    assert loop.world.candles("AAPL")["close"][-1] == price.price
    loop.expire()
    aapl, reader = loop.world.instrument("AAPL"), loop.world.workshop()
    assert {one: read.value.quoted_at for one, read in read_latest(reader, [aapl]).items()} == {"AAPL": price.quoted_at}
    assert read_series(reader, aapl, Range.D1).source is Source.DATABASE
    assert (loop.chart("AAPL"), loop.price("AAPL")) == (chart, price)
    assert not [one for one in freshness(reader, [aapl]) if one.is_stale and one.what is not What.DAILY_CANDLES]


def test_the_next_session_begins_a_new_chart_and_its_change_is_against_the_close(loop: MinuteLoop, day: Day) -> None:
    closed(loop, day)
    close = loop.price("AAPL").price
    loop.stand_at(day.closes + TEN_MINUTES)
    loop.world.backfill(Range.D7)
    loop.stand_at(day.next_opens + TEN_MINUTES + A_MOMENT)
    loop.prices.run()
    loop.charts.run()
    chart, price = loop.chart("AAPL"), loop.price("AAPL")
    assert (chart.day, [one[::2] for one in chart.hours]) == (day.next_opens.date(), [(day.next_opens, False)])
    assert price.quoted_at == day.next_opens + TEN_MINUTES + A_MOMENT - SECOND
    assert price.change == pytest.approx(price.price - close)
    assert loop.hourly_gaps("AAPL") == ()
    loop.check_books()
