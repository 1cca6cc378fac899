"""Fixtures for every test: the shared market data, and a real database and Valkey of the run's own."""

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from trend_platform_tests import services

# A busy machine is no failure, and a run that must pass before a merge tries the same examples each time.
hypothesis_settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ)
hypothesis_settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Name the run, in the process that begins it: workers inherit the name."""
    if services.begin_run():
        config.add_cleanup(services.end_run)


@pytest.fixture(scope="session")
def test_services() -> services.Services:
    """The servers of this run, started by the first test that asks."""
    return services.services()


@pytest.fixture(scope="session")
def worker_number(worker_id: str) -> int:
    """0 for the first worker or a run without workers, 1 for the second, and so on."""
    return int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0


@pytest.fixture(scope="session")
def admin_database_url(test_services: services.Services) -> str:
    """The server's own database as superuser: for tests that create databases and roles."""
    return test_services.admin_url()


@pytest.fixture(scope="session")
def database_url(test_services: services.Services, worker_number: int) -> str:
    """A database of this worker's own, with TimescaleDB, as the role without special rights that owns it.

    Tests share it: each test or module cleans up what it needs clean.
    """
    return services.create_database(test_services, f"test_{worker_number}")


@pytest.fixture(scope="session")
def redis_url(test_services: services.Services, worker_number: int) -> str:
    """A Valkey database of this worker's own; tests share it, and may flush it (`FLUSHDB`, never `FLUSHALL`)."""
    return test_services.redis_url(worker_number)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared market data and recorded answers, read-only; the test is skipped where it is absent."""
    folder = Path(os.environ.get("TREND_SHARED_DATA", services.CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared data: {folder} does not exist; set TREND_SHARED_DATA to the folder that holds it")
    return folder
