"""The minute loop's work in a process that may be killed: `python -m` with database URL, Redis URL and the first minute.

Minute after minute is refreshed as fast as it goes, each with a workshop of its own as in a warm worker; each minute that
is over is printed.
"""

import sys
from datetime import datetime, timedelta

from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.workshop import drive
from trend_platform_tests.scenarios.minutes import WorldWorkshops
from trend_platform_tests.world import connect_world


def main() -> None:
    database_url, redis_url, first = sys.argv[1:]
    world = connect_world(database_url, redis_url)
    world.clock.instant = datetime.fromisoformat(first)
    workshops = WorldWorkshops(world)
    active = world.storage.interests.active()
    while True:
        with workshops.open() as workshop:
            drive(workshop, refresh_latest(workshop, active))
        with workshops.open() as workshop:
            drive(workshop, refresh_hourly(workshop, active))
        print(world.clock.now().isoformat(), flush=True)
        world.clock.advance(timedelta(minutes=1))


if __name__ == "__main__":
    main()
