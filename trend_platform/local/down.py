"""`trend down`: every process of this home stopped, the ones that use others first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from trend_platform.local.dagster_programs import SERVICES
from trend_platform.local.home import Home
from trend_platform.local.processes import State
from trend_platform.local.servers import STOP_LIMIT_SECONDS
from trend_platform.settings import Settings

# All at once within a group; the servers that the first group uses go last.
_GROUPS = (SERVICES, ("redis", "database"))


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of one service.

    Attributes:
        name: The service.
        found: In which state it was found.
    """

    name: str
    found: State


def down(settings: Settings) -> Iterator[Stopped]:
    """Stop what `up` started and yield each service as it ends; data stays.

    Raises:
        UnavailableError: Another `up` or `down` of this home is under way.
    """
    home = Home.of(settings)
    if not home.root.is_dir():
        return

    def stop(name: str) -> Stopped:
        return Stopped(name, home.registry.stop(name, STOP_LIMIT_SECONDS))

    with home.locked(), ThreadPoolExecutor() as pool:
        for group in _GROUPS:
            yield from pool.map(stop, group)
