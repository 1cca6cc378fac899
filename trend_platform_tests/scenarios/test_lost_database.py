"""Scenario 17: the database dies in the middle of minute runs: told once, recorded again at once, nothing lost or twice."""

import random
from datetime import UTC, datetime, timedelta
from threading import Timer

import pytest

from trend_platform.ingest.day_chart import HOURS_OF_A_DAY
from trend_platform.ingest.read import Source, read_latest
from trend_platform_tests.observability.test_messenger import webhook
from trend_platform_tests.scenarios.minutes import MinuteLoop
from trend_platform_tests.scenarios.own_servers import OwnDatabase

NOW = datetime(2025, 11, 26, 15, 0, 5, tzinfo=UTC)
SECOND, MINUTE, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10)
BOTH = ("AAPL", "BTC-USD")
FAILED = "run_failed:refresh_latest_prices"


def begin(loop: MinuteLoop) -> None:
    loop.stand_at(NOW)
    loop.activate(*BOTH)
    loop.prices.run()
    loop.charts.run()


def test_a_database_killed_under_a_run_is_told_once_and_recording_goes_on_when_it_is_back(
    fragile: MinuteLoop, own_database: OwnDatabase
) -> None:
    begin(fragile)
    reader, instruments = fragile.world.workshop(), [fragile.world.instrument(symbol) for symbol in BOTH]
    with webhook() as inbox:
        fragile.workshops.channels = (inbox.url,)
        fragile.stand_at(NOW + MINUTE)
        fragile.workshops.meanwhile = own_database.kill
        ran = fragile.prices.run()
        assert not ran.result.success
        assert ran.failure.startswith("the database 127.0.0.1:")
        fragile.stand_at(NOW + 2 * MINUTE)
        assert "this slot is tried again at the next look" in str(fragile.prices.tick())
        assert str(fragile.alerts.tick()).startswith("nobody can be told, since incidents cannot be kept")
        known = read_latest(reader, instruments)
        assert {symbol: (read.source, read.value.quoted_at) for symbol, read in known.items()} == dict.fromkeys(
            BOTH, (Source.CACHE, NOW - SECOND)
        )
        own_database.start()
        back = NOW + 2 * MINUTE + 10 * SECOND
        fragile.stand_at(back)
        assert [fragile.alerts.tick() for _ in range(2)] == [f"new: {FAILED}", f"going on: {FAILED}"]
        again = fragile.prices.run()
        assert (again.key, again.result.success, again.check.passed) == ("latest:2025-11-26T15:02Z", True, True)
        assert [fragile.alerts.tick() for _ in range(2)] == [f"over: {FAILED}", "nothing is wrong"]
    assert [message["title"] for _, message in inbox.posts] == [f"Wrong: {FAILED}", f"Over: {FAILED}"]
    for symbol in BOTH:
        assert fragile.quoted(symbol) == [NOW - SECOND, back - SECOND]
        assert fragile.price(symbol).quoted_at == back - SECOND


@pytest.mark.parametrize("seed", range(3))
def test_a_database_killed_at_any_point_leaves_whole_minutes_and_hours_or_none(
    fragile: MinuteLoop, own_database: OwnDatabase, seed: int
) -> None:
    begin(fragile)
    killed_at = NOW + timedelta(hours=2)
    fragile.stand_at(killed_at)
    luck = random.Random(seed)
    for sensor in luck.sample([fragile.prices, fragile.charts], 2):
        timer = Timer(luck.uniform(0, 0.15), own_database.kill)
        timer.start()
        ran = sensor.tick()
        timer.join()
        own_database.start()
        assert not isinstance(ran, str) or "is tried again at the next look" in ran
        assert fragile.quoted("AAPL") in ([NOW - SECOND], [NOW - SECOND, killed_at - SECOND])
        assert fragile.quoted("AAPL") == fragile.quoted("BTC-USD")
        fragile.check_books()
    after = killed_at + TEN_MINUTES
    fragile.stand_at(after)
    assert fragile.prices.run().check.passed
    assert fragile.charts.run().check.passed
    for symbol in BOTH:
        assert fragile.quoted(symbol)[-1] == after - SECOND
        assert fragile.chart(symbol).hours == fragile.hours(symbol)[-HOURS_OF_A_DAY:]
        assert fragile.hourly_gaps(symbol) == ()
    assert [one.opened_at.hour for one in fragile.hours("AAPL")] == [14, 15, 16]
    fragile.check_books()
