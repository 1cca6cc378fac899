"""The `Incidents` port on the table `incidents`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from trend_platform.storage.realtime import Incident
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import incidents as table


@dataclass(frozen=True, slots=True)
class TimescaleIncidents:
    """The record of incidents of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def unfinished(self) -> tuple[Incident, ...]:
        """Return the open ones, oldest first."""
        wanted = select(table).where(table.c.closed_at.is_(None)).order_by(table.c.opened_at, table.c.key)
        with self.database.begin() as connection:
            return tuple(_incident(row) for row in connection.execute(wanted))

    def save(self, incidents: Sequence[Incident]) -> None:
        """Store incidents; one with the same key and `opened_at` is replaced."""
        if not incidents:
            return
        # In one order, so that two who save the same ones wait for each other instead of locking each other out.
        rows = {(one.key, one.opened_at): asdict(one) for one in incidents}
        given = insert(table).values([rows[at] for at in sorted(rows)])
        changed = {name: given.excluded[name] for name in ("summary", "last_seen_at", "closed_at", "told_at")}
        with self.database.begin() as connection:
            connection.execute(given.on_conflict_do_update(index_elements=["key", "opened_at"], set_=changed))

    def latest(self, count: int) -> tuple[Incident, ...]:
        """Return the last ones, newest first."""
        wanted = select(table).order_by(table.c.opened_at.desc(), table.c.key.desc()).limit(count)
        with self.database.begin() as connection:
            return tuple(_incident(row) for row in connection.execute(wanted))

    def forget_before(self, instant: datetime) -> int:
        """Drop incidents closed before `instant`; return how many went."""
        with self.database.begin() as connection:
            return connection.execute(delete(table).where(table.c.closed_at < instant)).rowcount


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        key=row.key,
        summary=row.summary,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        closed_at=row.closed_at,
        told_at=row.told_at,
    )
