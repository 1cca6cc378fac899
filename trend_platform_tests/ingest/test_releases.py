"""When a look at an economic series is due."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from trend_platform.domain.economy import EconomicSeries
from trend_platform.ingest.releases import LOOK_EVERY, is_overdue, next_look

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RELEASE = date(2026, 11, 25)
OPENS = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
GDP = EconomicSeries(
    *("fred", "GDP", "", "", "Q", "Gross Domestic Product"),
    *((date(2026, 9, 25), date(2026, 10, 29), RELEASE, date(2026, 12, 22)), date(2026, 7, 1), date(2026, 10, 29), SEEN),
)


def looked(at: datetime, vintage: date | None = None) -> EconomicSeries:
    return replace(GDP, checked_at=at, newest_vintage=vintage or GDP.newest_vintage)


def test_a_series_nobody_looked_at_is_due_at_once() -> None:
    assert next_look(EconomicSeries("fred", "GDP"), SEEN) == SEEN


def test_between_releases_nobody_looks() -> None:
    assert next_look(GDP, SEEN) == OPENS


def test_on_the_day_of_a_release_it_is_looked_at_each_hour_until_the_vintage_is_there() -> None:
    assert next_look(looked(OPENS), OPENS) == OPENS + LOOK_EVERY
    assert next_look(looked(OPENS + 5 * HOUR), OPENS) == OPENS + 5 * HOUR + LOOK_EVERY
    there = looked(OPENS + 5 * HOUR, vintage=RELEASE)
    assert next_look(there, OPENS) == OPENS + 5 * HOUR + 7 * DAY


def test_a_release_that_brought_nothing_is_given_up_after_a_day() -> None:
    assert next_look(looked(OPENS + 23.5 * HOUR), OPENS) == OPENS + 23.5 * HOUR + LOOK_EVERY
    given_up = looked(OPENS + DAY)
    assert next_look(given_up, OPENS) == OPENS + 8 * DAY


def test_a_release_that_was_missed_is_looked_at_at_once() -> None:
    assert next_look(GDP, OPENS + 5 * DAY) <= OPENS + 5 * DAY


def test_a_week_without_a_look_is_enough_whatever_the_calendar_says() -> None:
    early = looked(datetime(2026, 11, 1, tzinfo=UTC))
    assert next_look(early, SEEN) == datetime(2026, 11, 8, tzinfo=UTC)


def test_without_a_calendar_a_series_is_looked_at_once_a_day() -> None:
    assert next_look(EconomicSeries("fredgraph", "GDP", checked_at=SEEN), SEEN) == SEEN + DAY


def test_a_monthly_series_in_a_daily_bulletin_is_looked_at_once_a_day_after_it() -> None:
    days = tuple(date(2026, 11, 2) + n * DAY for n in range(26))
    rate = EconomicSeries(
        "fred", "FEDFUNDS", frequency="M", release_days=days, newest_vintage=date(2026, 11, 2), checked_at=SEEN
    )
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert next_look(rate, SEEN) == noon
    assert next_look(replace(rate, checked_at=noon), noon) == noon + DAY
    daily = replace(rate, frequency="D")
    assert next_look(replace(daily, checked_at=noon + HOUR), noon) == noon + HOUR + LOOK_EVERY


@pytest.mark.parametrize(("late", "expected"), [(HOUR, False), (DAY + HOUR, True)])
def test_a_series_is_overdue_a_day_after_its_look_was_due(late: timedelta, expected: bool) -> None:
    assert is_overdue(GDP, OPENS + late) is expected
    assert not is_overdue(EconomicSeries("fred", "GDP"), SEEN)


def test_hourly_runs_look_through_the_day_of_a_release_and_rarely_otherwise() -> None:
    about, looks = GDP, []
    now = SEEN
    while now < OPENS + 3 * DAY:
        if next_look(about, now) <= now:
            looks.append(now)
            is_out = now >= OPENS + 2 * HOUR
            about = replace(about, checked_at=now, newest_vintage=RELEASE if is_out else about.newest_vintage)
        now += HOUR
    assert looks == [OPENS, OPENS + HOUR, OPENS + 2 * HOUR]
