"""One MAX run over a folder of files, for its peak memory: `python -m ... FOLDER DATABASE_URL REDIS_URL` prints MiB."""

import resource
import sys
from pathlib import Path

from trend_platform.domain.ranges import Range
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FilesSettings, ProvidersSettings
from trend_platform.storage.base import PriceKind
from trend_platform_tests.benchmarks.market import AS_OF, symbols
from trend_platform_tests.world import open_world


def main() -> None:
    """Run and report."""
    folder, database_url, redis_url = sys.argv[1:]
    world = open_world(database_url, redis_url, PriceKind.REAL)
    world.add(*symbols())
    files = open_provider("files", ProvidersSettings(files=FilesSettings(path=Path(folder))), world.clock)
    outcome = world.backfill(Range.MAX, providers=(files,), as_of=AS_OF)
    world.close()
    print(outcome.upserted.inserted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
