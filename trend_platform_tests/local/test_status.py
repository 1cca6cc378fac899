"""What `trend status` says of services that are not as they should be, or are somebody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from trend_platform.local.home import Home
from trend_platform.local.processes import Program
from trend_platform.local.status import ServiceStatus, status
from trend_platform.settings import Mode, Settings

DATABASE = SecretStr("postgresql://me:secret@db.example:6000/prices")
REDIS = SecretStr("redis://:secret@cache.example:6379/3")


@pytest.fixture
def dagster_alone(tmp_path: Path) -> Iterator[Settings]:
    """A home in which webserver and daemon run and their database does not."""
    registry = Home(tmp_path).registry
    for name in ("webserver", "daemon"):
        registry.start(Program(name, ["/bin/sleep", "60"]))
    yield Settings(home=tmp_path, database_url=None, redis_url=None)
    for name in ("webserver", "daemon"):
        registry.stop(name, 2)


def by_name(settings: Settings) -> dict[str, ServiceStatus]:
    return {service.name: service for service in status(settings)}


def test_a_webserver_without_its_database_is_told_by_the_database(dagster_alone: Settings) -> None:
    found = by_name(dagster_alone)
    assert found["webserver"].detail == "the database it needs is down: `trend up` starts it"
    assert found["daemon"].detail.startswith("heartbeat unknown")


@pytest.mark.parametrize(
    ("mode", "database", "redis"), [(Mode.LIVE, "prices", "3"), (Mode.SIMULATED, "prices_simulated", "4")]
)
def test_an_outside_server_is_shown_with_what_the_mode_in_force_uses(
    tmp_path: Path, mode: Mode, database: str, redis: str
) -> None:
    found = by_name(Settings(home=tmp_path, database_url=DATABASE, redis_url=REDIS, mode=mode))
    assert (found["database"].state, found["database"].url) == ("outside", f"db.example:6000/{database}")
    assert found["redis"].url == f"cache.example:6379/{redis}"


def test_looking_decides_no_mode(tmp_path: Path) -> None:
    found = by_name(Settings(home=tmp_path, database_url=DATABASE, redis_url=REDIS))
    assert found["database"].url == "db.example:6000/prices"
    assert list(tmp_path.iterdir()) == []
