"""A backfill in a process of its own, made to be killed: `python -m ... DATABASE_URL REDIS_URL LATENCY_SECONDS SYMBOL...`."""

import sys

from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.errors import UnavailableError
from trend_platform.storage.redis.cache import open_cache
from trend_platform.storage.timescale.store import open_timescale
from trend_platform_tests.world import NOW, World


def main() -> int:
    database_url, redis_url, latency_seconds, *symbols = sys.argv[1:]
    clock = ManualClock(NOW)
    storage = open_timescale(SecretStr(database_url))
    world = World(storage, open_cache(SecretStr(redis_url), clock), clock, database_url)
    print("running", flush=True)
    try:
        world.backfill(Range.Y5, *symbols, providers=(world.simulated(latency_seconds=float(latency_seconds)),))
    except UnavailableError as error:
        print(f"unavailable: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
