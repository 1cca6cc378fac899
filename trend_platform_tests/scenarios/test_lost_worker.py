"""Scenario 20: the worker is killed in the middle of its minutes: what was done stays, nothing is twice, the next minute records."""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.ingest.day_chart import HOURS_OF_A_DAY
from trend_platform_tests.scenarios.minutes import MinuteLoop

NOW = datetime(2025, 11, 26, 15, 0, 5, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BOTH = ("AAPL", "BTC-USD")


def killed(loop: MinuteLoop, after_seconds: float) -> int:
    """Let a worker refresh from `NOW` on, kill it some time after its first minute, and return how many it had done."""
    command = [sys.executable, "-m", "trend_platform_tests.scenarios.killable_minutes"]
    process = subprocess.Popen(
        [*command, loop.world.database_url, loop.world.redis_url, NOW.isoformat()], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(after_seconds)
    process.kill()
    rest, _ = process.communicate()
    whole = (first + rest).split("\n")[:-1]
    done = [datetime.fromisoformat(line) for line in whole]
    assert done == [NOW + minute * MINUTE for minute in range(len(done))] != []
    return len(done)


@pytest.mark.parametrize("seed", range(2))
def test_a_worker_killed_at_any_point_loses_no_minute_it_had_done_and_the_next_one_records(
    loop: MinuteLoop, seed: int
) -> None:
    loop.stand_at(NOW)
    loop.activate(*BOTH)
    minutes = killed(loop, random.Random(seed).uniform(0.1, 0.5))
    quoted = [NOW + minute * MINUTE - SECOND for minute in range(minutes)]
    under_way = NOW + minutes * MINUTE - SECOND
    for symbol in BOTH:
        assert loop.quoted(symbol) in (quoted, [*quoted, under_way])
        assert loop.price(symbol).quoted_at in loop.quoted(symbol)[-2:]
    assert loop.quoted("AAPL") == loop.quoted("BTC-USD")
    loop.check_books()
    later = NOW + (minutes + 10) * MINUTE
    loop.stand_at(later)
    assert loop.prices.run().check.passed
    assert loop.charts.run().check.passed
    for symbol in BOTH:
        assert loop.quoted(symbol)[:minutes] == quoted
        assert loop.price(symbol).quoted_at == loop.quoted(symbol)[-1] == later - SECOND
        assert loop.chart(symbol).hours == loop.hours(symbol)[-HOURS_OF_A_DAY:]
        assert loop.hourly_gaps(symbol) == ()
    loop.check_books()
