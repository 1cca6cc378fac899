"""Dagster's PostgreSQL storage with a few open connections per process.

dagster-postgres opens a connection per operation, 80 to 100 a run; most of what a run costs the server is that.
What does not belong here: what is stored, and where; tables and queries are dagster-postgres's own.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from dagster import DagsterEventType, DagsterInstance, EventLogEntry
from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.config import pg_config
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from dagster_postgres.schedule_storage import PostgresScheduleStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import Engine, create_engine, text

KEPT_CONNECTIONS = 2
RECYCLE_SECONDS = 600
_CREATION_LOCK = 0x7472656E64  # "trend"
_ALL_THERE = text(
    "SELECT count(to_regclass(name)) = 4 FROM unnest(ARRAY['runs', 'event_logs', 'instigators', 'alembic_version']) AS name"
)
# What says nothing about a run of one process without compute logs: two fifths of what it would write.
_SAYS_NOTHING = frozenset(
    {
        DagsterEventType.RESOURCE_INIT_STARTED,
        DagsterEventType.RESOURCE_INIT_SUCCESS,
        DagsterEventType.LOGS_CAPTURED,
        DagsterEventType.HANDLED_OUTPUT,
    }
)


def shared_engine(url: str) -> Engine:
    """Return the engine of this process for a database: one, however many instances of Dagster it opens.

    It keeps `KEPT_CONNECTIONS`, opens more while more are needed, and asks each one whether it still lives.
    """
    return _engine_of_process(url, os.getpid())


@cache
def _engine_of_process(url: str, pid: int) -> Engine:  # noqa: ARG001 - a forked child must not use its parent's sockets
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=KEPT_CONNECTIONS,
        max_overflow=-1,
        pool_recycle=RECYCLE_SECONDS,
        pool_pre_ping=True,
        pool_use_lifo=True,
    )


@contextmanager
def _tables_missing(url: str) -> Iterator[bool]:
    # Of processes that start together on an empty database one creates the tables, and the others wait for it: without
    # the lock they collide. Where all are there, nobody needs to look for each.
    with shared_engine(url).connect() as connection:
        if connection.execute(_ALL_THERE).scalar_one():
            yield False
            return
        connection.execute(text(f"SELECT pg_advisory_lock({_CREATION_LOCK})"))
        try:
            yield not connection.execute(_ALL_THERE).scalar_one()
        finally:
            connection.execute(text(f"SELECT pg_advisory_unlock({_CREATION_LOCK})"))


class _Runs(PostgresRunStorage):
    def __init__(self, url: str, should_autocreate_tables: bool) -> None:
        super().__init__(url, should_autocreate_tables)
        self._engine = shared_engine(url)


class _Events(PostgresEventLogStorage):
    def __init__(self, url: str, should_autocreate_tables: bool) -> None:
        super().__init__(url, should_autocreate_tables)
        self._engine = shared_engine(url)


class _LaneEvents(_Events):
    def store_event(self, event: EventLogEntry) -> None:
        if not _says_nothing(event):
            super().store_event(event)


def _says_nothing(event: EventLogEntry) -> bool:
    if event.dagster_event is None:
        return False
    if event.dagster_event.is_engine_event:
        data = event.dagster_event.engine_event_data
        return "pid" in data.metadata and data.error is None
    return event.dagster_event_type in _SAYS_NOTHING


class _Schedules(PostgresScheduleStorage):
    def __init__(self, url: str, should_autocreate_tables: bool) -> None:
        super().__init__(url, should_autocreate_tables)
        self._engine = shared_engine(url)


class PooledPostgresStorage(DagsterStorage[DagsterInstance], ConfigurableClass):
    """Runs, events, schedules and ticks in one PostgreSQL database; configured like dagster-postgres's own storage."""

    _events_class: type[_Events] = _Events

    def __init__(
        self, postgres_url: str, should_autocreate_tables: bool = True, inst_data: ConfigurableClassData | None = None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Dagster leaves it untyped
        self._inst_data = inst_data
        with _tables_missing(postgres_url) as is_missing:
            creates = should_autocreate_tables and is_missing
            self._runs = _Runs(postgres_url, creates)
            self._events = self._events_class(postgres_url, creates)
            self._schedules = _Schedules(postgres_url, creates)

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """Return where this storage is configured."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return what can be configured: the same as for dagster-postgres."""
        return pg_config()

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        """Build the storage that `dagster.yaml` describes."""
        creates = bool(config_value.get("should_autocreate_tables", True))
        return cls(pg_url_from_config(config_value), creates, inst_data)

    @property
    def run_storage(self) -> PostgresRunStorage:
        """Return where runs are."""
        return self._runs

    @property
    def event_log_storage(self) -> PostgresEventLogStorage:
        """Return where events are."""
        return self._events

    @property
    def schedule_storage(self) -> PostgresScheduleStorage:
        """Return where schedules, sensors and their ticks are."""
        return self._schedules


class LanePostgresStorage(PooledPostgresStorage):
    """The same database for a lane's worker: events that say nothing about its runs are not kept."""

    _events_class = _LaneEvents
