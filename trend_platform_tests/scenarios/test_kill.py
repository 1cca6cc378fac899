"""Scenario 20: worker or database killed in the middle of a backfill: the next run completes it, nothing lost or twice."""

import random
import subprocess
import sys
import time

import pytest

from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.check import check_ledger
from trend_platform_tests.scenarios.own_servers import OwnDatabase
from trend_platform_tests.world import World, open_world

SYMBOLS = tuple(f"S{number}" for number in range(60))


def begin(world: World, redis_url: str, latency_seconds: float = 0.02) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "trend_platform_tests.scenarios.killable"]
    process = subprocess.Popen(
        [*command, world.database_url, redis_url, str(latency_seconds), *SYMBOLS], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def complete(world: World) -> None:
    """The next run completes what is missing, and then there is nothing left to do."""
    outcome = world.backfill(Range.Y5)
    assert outcome.unexplained_missing == 0
    assert outcome.stored == outcome.expected - outcome.explained_missing
    assert check_ledger(world.storage.database, world.storage.universe.instruments(), Timeframe.D1) == ()
    assert world.backfill(Range.Y5, as_of=outcome.as_of).upserted.inserted == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_worker_killed_at_any_point_leaves_candles_with_their_account_or_neither(
    world: World, redis_url: str, seed: int
):
    world.add(*SYMBOLS)
    process = begin(world, redis_url)
    time.sleep(random.Random(seed).uniform(0.1, 1.2))
    process.kill()
    process.communicate()
    assert check_ledger(world.storage.database, world.storage.universe.instruments(), Timeframe.D1) == ()
    complete(world)


@pytest.mark.timeout(180)
def test_a_database_killed_in_the_middle_ends_the_run_with_a_clear_error_and_the_next_run_completes(
    own_database: OwnDatabase, redis_url: str
):
    own_database.start()
    world = open_world(own_database.url, redis_url, PriceKind.SIMULATED)
    world.add(*SYMBOLS)
    process = begin(world, redis_url)
    time.sleep(random.Random(7).uniform(0.3, 0.9))
    own_database.kill()
    printed, _ = process.communicate()
    assert "unavailable: " in printed
    assert process.returncode == 1
    own_database.start()
    complete(world)
    world.close()
