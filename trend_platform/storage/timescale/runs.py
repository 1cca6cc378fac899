"""The `Runs` port on the table `ingest_runs`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Select, Text, cast, delete, func, insert, literal, select, update

from trend_platform.errors import UsageError
from trend_platform.storage.runs import RunRecord
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import ingest_runs as table

_RECORDS: Final = select(
    table.c.run_id,
    table.c.kind,
    table.c.status,
    table.c.started_at,
    table.c.finished_at,
    cast(table.c.plan, Text).label("plan"),
    func.coalesce(cast(table.c.outcome, Text), "").label("outcome"),
)


@dataclass(frozen=True, slots=True)
class TimescaleRuns:
    """The record of ingest runs of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def start(self, kind: str, plan: str, now: datetime) -> int:
        """Record that a run begins; return its number. `plan` is JSON."""
        row = {"kind": kind, "status": "running", "started_at": now, "plan": cast(literal(plan, Text), JSON)}
        statement = insert(table).values(row).returning(table.c.run_id)
        with self.database.begin() as connection:
            return int(connection.execute(statement).scalar_one())

    def finish(self, run_id: int, status: str, outcome: str, now: datetime) -> None:
        """Record how a run ended; `outcome` is JSON.

        Raises:
            UsageError: There is no run of that number.
        """
        values = {"status": status, "finished_at": now, "outcome": cast(literal(outcome, Text), JSON)}
        with self.database.begin() as connection:
            if not connection.execute(update(table).where(table.c.run_id == run_id).values(values)).rowcount:
                raise UsageError(f"there is no run {run_id} to finish")

    def latest(self, count: int, besides: Sequence[str] = ()) -> tuple[RunRecord, ...]:
        """Return the last runs, newest first, without those of the kinds `besides`."""
        newest_first = _RECORDS.where(table.c.kind.not_in(list(besides))).order_by(table.c.run_id.desc())
        return self._records(newest_first.limit(count))

    def of(self, run_ids: Collection[int]) -> tuple[RunRecord, ...]:
        """Return the runs of these numbers, oldest first; those that are not recorded are left out."""
        return self._records(_RECORDS.where(table.c.run_id.in_(sorted(run_ids))).order_by(table.c.run_id))

    def under_way(self, instant: datetime) -> tuple[RunRecord, ...]:
        """Return the runs that had begun by `instant` and not ended before it, oldest first."""
        not_over = table.c.finished_at.is_(None) | (table.c.finished_at >= instant)
        begun = _RECORDS.where(table.c.started_at <= instant, not_over)
        return self._records(begun.order_by(table.c.run_id))

    def forget_before(self, instant: datetime, kinds: Sequence[str]) -> int:
        """Drop the records of runs of these kinds that ended before `instant`; return how many went."""
        old = delete(table).where(table.c.kind.in_(list(kinds)), table.c.finished_at < instant)
        with self.database.begin() as connection:
            return connection.execute(old).rowcount

    def _records(self, wanted: Select[Any]) -> tuple[RunRecord, ...]:
        with self.database.begin() as connection:
            return tuple(RunRecord(*row) for row in connection.execute(wanted))
