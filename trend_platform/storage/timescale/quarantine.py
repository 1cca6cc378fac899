"""The port of rows set aside, on the table `quarantine`; and the statement by which people decide about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, select, true, update

from trend_platform.domain.quarantine import ASIDE_SCHEMA, Decision
from trend_platform.storage.quarantine import Chosen
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import quarantine


@dataclass(frozen=True, slots=True)
class TimescaleQuarantine:
    """Rows set aside in one database.

    Attributes:
        database: The database.
    """

    database: Database

    def rows(self, chosen: Chosen) -> pl.DataFrame:
        """Return rows (`ASIDE_SCHEMA`), sorted by their number."""
        table = quarantine.c
        wanted = select(*(table[name] for name in ASIDE_SCHEMA)).where(
            table.quarantine_id.in_(chosen.ids) if chosen.ids else true(),
            table.instrument_id.in_(chosen.instrument_ids) if chosen.instrument_ids else true(),
            table.timeframe == chosen.timeframe if chosen.timeframe else true(),
            table.rule == chosen.rule if chosen.rule else true(),
            table.decision.is_(None) if chosen.undecided else true(),
        )
        with self.database.begin() as connection:
            rows = [tuple(row) for row in connection.execute(wanted.order_by(table.quarantine_id))]
        return pl.DataFrame(rows, schema=ASIDE_SCHEMA, orient="row")


def decide(connection: Connection, ids: Sequence[int], decision: Decision, at: datetime) -> tuple[int, ...]:
    """Decide about rows; return those for which that is new. What was released is decided for good."""
    table = quarantine.c
    is_open = table.decision.is_distinct_from(decision.value) & table.decision.is_distinct_from(Decision.RELEASED.value)
    change = update(quarantine).where(table.quarantine_id.in_(ids), is_open)
    rows = connection.execute(change.values(decision=decision.value, decided_at=at).returning(table.quarantine_id))
    return tuple(sorted(rows.scalars()))
