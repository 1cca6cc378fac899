"""Old runs of the lanes taken out of Dagster's own tables, with their events, checks and tags.

Dagster never forgets a run, and deletes 25 a second through its own interface. History runs are never touched: which
partitions are there is read from their events. Ticks are purged by Dagster itself, as `dagster.yaml` says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from trend_platform.orchestration.launching.lanes import LANE_TAG, Lane

BATCH = 1000

# A run that an asset names as its last one stays, so that the asset's page has something to show.
_OLD_RUNS = """
    SELECT run_id FROM runs
    WHERE create_timestamp < %(older_than)s
      AND status IN ('SUCCESS', 'FAILURE', 'CANCELED')
      AND EXISTS (SELECT FROM run_tags WHERE run_tags.run_id = runs.run_id AND key = %(tag)s AND value = ANY(%(lanes)s))
      AND NOT EXISTS (SELECT FROM asset_keys WHERE last_run_id = runs.run_id)
    ORDER BY id LIMIT %(batch)s
"""
_EVENT_TAGS = "DELETE FROM asset_event_tags WHERE event_id IN (SELECT id FROM event_logs WHERE run_id = ANY(%s))"
_CHECKS = "DELETE FROM asset_check_executions WHERE run_id = ANY(%s)"
_EVENTS = "DELETE FROM event_logs WHERE run_id = ANY(%s)"
_RUN_TAGS = "DELETE FROM run_tags WHERE run_id = ANY(%s)"
_RUNS = "DELETE FROM runs WHERE run_id = ANY(%s)"
_TABLES = ("asset_event_tags", "asset_check_executions", "event_logs", "run_tags", "runs", "job_ticks")


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went.

    Attributes:
        runs: Runs.
        events: Events of those runs.
        checks: Evaluations of asset checks.
        tags: Tags of runs and of events.
    """

    runs: int = 0
    events: int = 0
    checks: int = 0
    tags: int = 0

    def __add__(self, other: "Purged") -> "Purged":
        return Purged(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def purge_runs(
    database_url: str, older_than: datetime, lanes: Iterable[Lane] = tuple(Lane), batch: int = BATCH
) -> Purged:
    """Delete the ended runs of the lanes that were created before an instant.

    Each batch is a transaction of its own, so that Dagster goes on working; an interrupted purge is continued by the
    next. What was freed is then given back for new rows, which keeps the tables at the size of what they hold.

    Args:
        database_url: Dagster's own database; `postgresql://...`.
        older_than: With a time zone.
        lanes: Whose runs.
        batch: Runs per transaction.

    Raises:
        psycopg.Error: The database does not answer, or has no tables of Dagster.
    """
    total = Purged()
    with psycopg.connect(database_url, autocommit=True) as connection:
        wanted = {
            "older_than": older_than.astimezone(UTC).replace(tzinfo=None),  # Dagster keeps UTC without saying so
            "tag": LANE_TAG,
            "lanes": [lane.value for lane in lanes],
            "batch": batch,
        }
        while runs := [row[0] for row in connection.execute(_OLD_RUNS, wanted).fetchall()]:
            total += _delete(connection, runs)
        if total.runs:
            _vacuum(connection)
    return total


def _delete(connection: psycopg.Connection, runs: list[str]) -> Purged:
    with connection.transaction():
        event_tags, checks, events, run_tags, gone = (
            connection.execute(statement, [runs]).rowcount
            for statement in (_EVENT_TAGS, _CHECKS, _EVENTS, _RUN_TAGS, _RUNS)
        )
    return Purged(runs=gone, events=events, checks=checks, tags=event_tags + run_tags)


def _vacuum(connection: psycopg.Connection) -> None:
    # Plain, never FULL: nobody waits for it.
    tables = sql.SQL(", ").join(map(sql.Identifier, _TABLES))
    connection.execute(sql.SQL("VACUUM (ANALYZE, SKIP_LOCKED) {}").format(tables))
