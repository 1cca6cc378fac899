"""Scenario 20: the provider is down for ten minutes: told once, nothing invented, and the hours heal by themselves."""

from datetime import UTC, datetime, timedelta

from trend_platform.ingest.read import Source, read_latest
from trend_platform.settings import FaultSettings
from trend_platform_tests.observability.test_messenger import webhook
from trend_platform_tests.scenarios.minutes import MinuteLoop

# An hour of New York ends, and another begins, while it is down.
NOW = datetime(2025, 11, 26, 15, 25, 5, tzinfo=UTC)
HALF_PAST = datetime(2025, 11, 26, 15, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STALE = "stale:latest_prices"
BOTH = ("AAPL", "BTC-USD")


def test_ten_minutes_without_the_provider_are_told_once_and_healed_by_the_next_ticks(watched: MinuteLoop) -> None:
    with webhook() as inbox:
        watched.workshops.channels = (inbox.url,)
        watched.stand_at(NOW)
        watched.activate(*BOTH)
        watched.prices.run()
        watched.charts.run()
        hours = watched.hours("AAPL")
        prices = {symbol: watched.price(symbol) for symbol in BOTH}
        watched.workshops.faults = (FaultSettings(kind="http_500"),)
        for minute in range(1, 11):
            watched.stand_at(NOW + minute * MINUTE)
            ran = watched.prices.run()
            assert (ran.result.success, ran.shown["fresh"], ran.shown["missing"]) == (True, 0, 2)
            assert ran.check.passed is (minute < 3)
            watched.charts.tick()
            watched.alerts.tick()
        assert [message["title"] for _, message in inbox.posts] == [f"Wrong: {STALE}"]
        watched.expire()
        found = read_latest(watched.world.workshop(), [watched.world.instrument(symbol) for symbol in BOTH])
        assert {symbol: (read.source, read.value) for symbol, read in found.items()} == {
            symbol: (Source.DATABASE, price) for symbol, price in prices.items()
        }
        assert watched.hours("AAPL") == hours
        watched.workshops.faults = ()
        back = NOW + 15 * MINUTE
        watched.stand_at(back)
        assert watched.prices.run().check.passed
        assert watched.charts.run().check.passed
        assert watched.alerts.tick() == f"over: {STALE}"
        assert watched.alerts.tick() == "nothing is wrong"
    assert [message["title"] for _, message in inbox.posts] == [f"Wrong: {STALE}", f"Over: {STALE}"]
    for symbol in BOTH:
        assert watched.quoted(symbol) == [NOW - SECOND, back - SECOND]
        assert watched.hourly_gaps(symbol) == ()
    assert [(one.opened_at, one.is_final) for one in watched.hours("AAPL")] == [
        (HALF_PAST - timedelta(hours=1), True),
        (HALF_PAST, False),
    ]
    assert watched.chart("AAPL").hours == watched.hours("AAPL")
    watched.check_books()
