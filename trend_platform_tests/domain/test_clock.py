"""Clocks tell the time in UTC."""

from datetime import UTC, datetime, timedelta

from trend_platform.domain.clock import ManualClock, SystemClock


def test_the_machines_clock_is_aware_and_moves() -> None:
    one, two = SystemClock().now(), SystemClock().now()
    assert one.tzinfo is UTC
    assert one <= two


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(datetime(2024, 3, 8, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2024, 3, 8, tzinfo=UTC)
    clock.advance(timedelta(hours=36))
    assert clock.now() == datetime(2024, 3, 9, 12, tzinfo=UTC)
