"""A backfill in a process of its own, made to be killed: `python -m ... DATABASE_URL REDIS_URL LATENCY_SECONDS SYMBOL...`."""

import sys

from trend_platform.domain.ranges import Range
from trend_platform.errors import UnavailableError
from trend_platform_tests.world import connect_world


def main() -> int:
    database_url, redis_url, latency_seconds, *symbols = sys.argv[1:]
    world = connect_world(database_url, redis_url)
    print("running", flush=True)
    try:
        world.backfill(Range.Y5, *symbols, providers=(world.simulated(latency_seconds=float(latency_seconds)),))
    except UnavailableError as error:
        print(f"unavailable: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
