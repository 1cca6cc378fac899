"""An empty store of each kind, for the contract suites of storage."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.timescale.store import open_timescale
from trend_platform_tests import services
from trend_platform_tests.storage.databases import empty_market, plain_database

OpenStorage = Callable[[PriceKind], Storage]


@pytest.fixture(scope="session")
def plain_database_url(test_services: services.Services, worker_number: int) -> str:
    """A database of this worker's own in which the application role may not create the extension."""
    return plain_database(test_services, f"plain_{worker_number}")


@pytest.fixture(params=["memory", "timescale", "plain"])
def open_storage(request: pytest.FixtureRequest) -> Iterator[OpenStorage]:
    """Opens an empty store for prices of a kind: in memory, with hypertables, with plain tables."""
    opened: list[Storage] = []
    fixture = {"timescale": "database_url", "plain": "plain_database_url"}.get(request.param)

    def open_(kind: PriceKind) -> Storage:
        if fixture is None:
            return open_memory(kind)
        url = request.getfixturevalue(fixture)
        empty_market(url, kind)
        opened.append(open_timescale(SecretStr(url)))
        return opened[-1]

    yield open_
    for storage in opened:
        storage.close()


@pytest.fixture
def storage(open_storage: OpenStorage) -> Storage:
    """An empty store for real prices."""
    return open_storage(PriceKind.REAL)
