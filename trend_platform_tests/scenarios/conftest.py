"""The worlds of simulated and of real prices, the minute loop over one, and servers that may be killed, as fixtures."""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg
import pytest

from trend_platform.storage.base import PriceKind
from trend_platform_tests import services
from trend_platform_tests.scenarios import own_servers
from trend_platform_tests.scenarios.minutes import MinuteLoop, watched_loop
from trend_platform_tests.scenarios.own_servers import OwnDatabase, OwnValkey
from trend_platform_tests.world import open_world, real_world, world

__all__ = ["real_world", "world"]


@pytest.fixture
def loop(database_url: str, own_valkey: OwnValkey) -> Iterator[MinuteLoop]:
    """The minute loop, without anybody who is told.

    Its Valkey is this worker's own: what is published on a channel is heard in every numbered database of a server.
    """
    own_valkey.start()
    with (
        closing(open_world(database_url, own_valkey.url, PriceKind.SIMULATED)) as world,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        yield MinuteLoop(world, instance)


@pytest.fixture
def watched(database_url: str, own_valkey: OwnValkey) -> Iterator[MinuteLoop]:
    """The minute loop, with the sensor that tells people."""
    own_valkey.start()
    with closing(open_world(database_url, own_valkey.url, PriceKind.SIMULATED)) as world, watched_loop(world) as found:
        yield found


@pytest.fixture
def fragile(own_database: OwnDatabase, own_valkey: OwnValkey) -> Iterator[MinuteLoop]:
    """The minute loop, with the sensor that tells people, over a database that may be killed."""
    own_database.start()
    own_valkey.start()
    opened = open_world(own_database.url, own_valkey.url, PriceKind.SIMULATED)
    with closing(opened) as world, watched_loop(world) as found:
        yield found


@pytest.fixture(scope="session")
def own_database(test_services: services.Services) -> Iterator[OwnDatabase]:
    """A database server for scenarios that kill it; each begins with `start`, and makes its world anew."""
    with own_servers.database() as server:
        yield server


@pytest.fixture(scope="session")
def own_valkey(test_services: services.Services) -> Iterator[OwnValkey]:
    """A Valkey for scenarios that kill or empty it; each begins with `start`, and makes its world anew."""
    with own_servers.redis() as server:
        yield server
