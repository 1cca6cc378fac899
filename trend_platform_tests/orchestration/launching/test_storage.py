"""Dagster's storage over few connections: how many it opens, what a restart of the server does, who creates the tables."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from trend_platform.local import waiting
from trend_platform.orchestration.launching.storage import PooledPostgresStorage, shared_engine
from trend_platform_tests import services
from trend_platform_tests.services import Services


@pytest.fixture
def empty_url(test_services: Services, worker_number: int) -> Iterator[str]:
    name = f"pooled_{worker_number}"
    url = services.create_database(test_services, name)
    yield url
    shared_engine(url).dispose()
    with psycopg.connect(test_services.admin_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def sessions(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return [row[0] for row in rows]


def storage(url: str) -> PooledPostgresStorage:
    return PooledPostgresStorage(url)


def test_many_operations_and_many_instances_share_one_connection(empty_url: str) -> None:
    found = [storage(empty_url) for _ in range(3)]
    for each in found:
        for _ in range(10):
            assert each.run_storage.get_runs() == []
            assert each.event_log_storage.get_concurrency_keys() == set()
    # Those that looked for the tables take a moment to be gone.
    assert waiting.until(lambda: True if len(sessions(empty_url)) == 1 else None, 5)


def test_a_connection_that_the_server_ended_is_replaced(empty_url: str) -> None:
    found = storage(empty_url)
    kept = sessions(empty_url)
    with psycopg.connect(empty_url) as connection:
        for pid in kept:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert found.run_storage.get_runs() == []


def test_of_many_that_start_on_an_empty_database_one_creates_the_tables(empty_url: str) -> None:
    with ThreadPoolExecutor(5) as pool:
        started = list(pool.map(storage, [empty_url] * 5))
    assert all(each.schedule_storage.all_instigator_state() == [] for each in started)
