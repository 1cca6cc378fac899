"""An empty store of each kind, for the contract suites of storage."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from pydantic import SecretStr

from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.store import open_timescale

OpenStorage = Callable[[PriceKind], Storage]


def _empty_timescale(url: str, kind: PriceKind) -> Storage:
    migrated = _is_migrated(url)
    if migrated:
        with psycopg.connect(url, autocommit=True) as connection:
            tables = connection.execute(
                "SELECT string_agg(format('market.%I', tablename), ', ') FROM pg_tables "
                "WHERE schemaname = 'market' AND tablename <> 'schema_version'"
            ).fetchone()
            connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY")
    migrate(SecretStr(url), kind)
    return open_timescale(SecretStr(url))


def _is_migrated(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute("SELECT to_regclass('market.deployment')").fetchone()[0] is not None


@pytest.fixture(params=["memory", "timescale"])
def open_storage(request: pytest.FixtureRequest) -> Iterator[OpenStorage]:
    """Opens an empty store for prices of a kind, once per test."""
    opened: list[Storage] = []

    def open_(kind: PriceKind) -> Storage:
        if request.param == "memory":
            return open_memory(kind)
        opened.append(_empty_timescale(request.getfixturevalue("database_url"), kind))
        return opened[-1]

    yield open_
    for storage in opened:
        storage.close()


@pytest.fixture
def storage(open_storage: OpenStorage) -> Storage:
    """An empty store for real prices."""
    return open_storage(PriceKind.REAL)
