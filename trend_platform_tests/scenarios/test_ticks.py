"""Scenario 14: sensors that are late catch up once, not once for each slot they missed; and what was added is fresh soon."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.cli.main import run
from trend_platform.ingest.freshness import What, freshness
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.scenarios.minutes import MinuteLoop, listening

WEDNESDAY = datetime(2025, 11, 26, 15, 0, 5, tzinfo=UTC)
SATURDAY = datetime(2025, 11, 29, 15, 0, 5, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_ten_minutes_late_is_one_run_one_quote_and_one_message_of_each(loop: MinuteLoop) -> None:
    loop.stand_at(WEDNESDAY)
    loop.activate("AAPL", "SPY", "BTC-USD")
    loop.prices.run()
    late = WEDNESDAY + timedelta(minutes=10, seconds=20)
    loop.stand_at(late)
    with listening(loop.world.redis_url) as heard:
        ran = loop.prices.run()
        after = [loop.prices.tick() for _ in range(10)]
    assert (ran.key, ran.result.success) == ("latest:2025-11-26T15:10Z", True)
    assert after == ["slot 2025-11-26T15:10Z is served"] * 10
    assert sorted(str(one["symbol"]) for one in heard) == ["AAPL", "BTC-USD", "SPY"]
    for symbol in ("AAPL", "SPY", "BTC-USD"):
        assert loop.quoted(symbol) == [WEDNESDAY - SECOND, late - SECOND]
        assert loop.price(symbol).quoted_at == late - SECOND


def test_hours_that_a_late_sensor_missed_are_brought_by_one_run(loop: MinuteLoop) -> None:
    loop.stand_at(WEDNESDAY)
    loop.activate("AAPL")
    loop.charts.run()
    loop.stand_at(WEDNESDAY + timedelta(hours=3, minutes=10))
    ran = loop.charts.run()
    assert (ran.key, ran.check.passed) == ("hourly:2025-11-26T18:10Z", True)
    assert [(one.opened_at.hour, one.opened_at.minute, one.is_final) for one in loop.hours("AAPL")] == [
        (14, 30, True),
        (15, 30, True),
        (16, 30, True),
        (17, 30, False),
    ]
    assert loop.chart("AAPL").hours == loop.hours("AAPL")
    assert isinstance(loop.charts.tick(), str)
    loop.check_books()


def test_late_over_the_close_brings_the_last_price_and_the_last_hour_of_the_session(loop: MinuteLoop) -> None:
    close = datetime(2025, 11, 26, 21, 0, tzinfo=UTC)
    loop.stand_at(close - timedelta(minutes=5))
    loop.activate("AAPL")
    loop.prices.run()
    loop.charts.run()
    loop.stand_at(close + timedelta(minutes=5))
    assert loop.prices.run().key == "latest:2025-11-26T21:05Z"
    assert loop.charts.run().check.passed
    assert loop.price("AAPL").quoted_at == loop.quoted("AAPL")[-1] == close - SECOND
    last = loop.chart("AAPL").hours[-1]
    assert (last.opened_at, last.close, last.is_final) == (
        close - timedelta(minutes=30),
        loop.price("AAPL").price,
        True,
    )


@pytest.mark.parametrize(
    ("now", "quoted_since"),
    [(WEDNESDAY, WEDNESDAY), (SATURDAY, datetime(2025, 11, 28, 17, 59, 59, tzinfo=UTC))],
    ids=["while it trades", "on a weekend"],
)
def test_an_instrument_added_is_fresh_within_two_minutes(
    loop: MinuteLoop, now: datetime, quoted_since: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    loop.stand_at(now)
    loop.activate("BTC-USD")
    loop.every_beat_until(now + timedelta(seconds=20))
    session = GivenSession(loop.world.workshop())
    assert run(["watchlist", "add", "mine", "AAPL", "--json"], session) == 0
    assert json.loads(capsys.readouterr().out)["new_in_universe"] == ["AAPL"]
    loop.every_beat_until(loop.world.clock.now() + 2 * MINUTE)
    assert loop.price("AAPL").quoted_at >= quoted_since
    assert loop.chart("AAPL").hours == loop.hours("AAPL")
    assert loop.hours("AAPL")[0].opened_at.minute == 30
    found = {
        one.what: (one.is_stale, one.found_at is None)
        for one in freshness(loop.world.workshop(), [loop.world.instrument("AAPL")])
    }
    assert found[What.LATEST_PRICE] == found[What.HOURLY_CANDLES] == (False, False)
