"""An empty TimescaleDB market for each test."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.store import TimescaleStorage, open_timescale
from trend_platform_tests.storage.databases import empty_market


@pytest.fixture
def timescale(database_url: str) -> Iterator[TimescaleStorage]:
    """An empty store for real prices."""
    empty_market(database_url, PriceKind.REAL)
    storage = open_timescale(SecretStr(database_url))
    yield storage
    storage.close()
