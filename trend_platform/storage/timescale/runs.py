"""The `Runs` port on the table `ingest_runs`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, Text, cast, delete, func, insert, literal, select, update

from trend_platform.errors import UsageError
from trend_platform.storage.base import RunRecord
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import ingest_runs as table


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
        columns = table.c
        wanted = select(
            columns.run_id,
            columns.kind,
            columns.status,
            columns.started_at,
            columns.finished_at,
            cast(columns.plan, Text).label("plan"),
            func.coalesce(cast(columns.outcome, Text), "").label("outcome"),
        )
        newest_first = wanted.where(columns.kind.not_in(list(besides))).order_by(columns.run_id.desc())
        with self.database.begin() as connection:
            rows = connection.execute(newest_first.limit(count))
            return tuple(RunRecord(*row) for row in rows)

    def forget_before(self, instant: datetime, kinds: Sequence[str]) -> int:
        """Drop the records of runs of these kinds that ended before `instant`; return how many went."""
        old = delete(table).where(table.c.kind.in_(list(kinds)), table.c.finished_at < instant)
        with self.database.begin() as connection:
            return connection.execute(old).rowcount
