"""The `Repairs` port on the tables `repairs`, `repair_rows` and `repair_ledgers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, insert, select, update

from trend_platform.domain.counting import get_counter
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.ledger_changes import taken_back
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.repairs import (
    Repair,
    RepairState,
    Undone,
    changed_since,
    check_undoable,
    unknown_repair,
)
from trend_platform.storage.timescale import repair_rows, touches
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.market import TimescaleTransaction
from trend_platform.storage.timescale.proof_tables import repair_rows as rows_table
from trend_platform.storage.timescale.proof_tables import repairs as table
from trend_platform.storage.touches import touched_by


@dataclass(frozen=True, slots=True)
class TimescaleRepairs:
    """The repairs of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def start(self, plan: str, now: datetime) -> int:
        """Record that a repair begins; return its number."""
        given = {"state": RepairState.RUNNING.value, "started_at": now, "plan": orjson.loads(plan)}
        with self.database.begin() as connection:
            return int(connection.scalars(insert(table).values(given).returning(table.c.repair_id)).one())

    def finish(self, repair_id: int, state: RepairState, calls: int, now: datetime) -> None:
        """Record how a repair ended."""
        changed = {"state": state.value, "calls": calls, "finished_at": now}
        with self.database.begin() as connection:
            connection.execute(update(table).where(table.c.repair_id == repair_id).values(changed))

    def get(self, repair_id: int) -> Repair:
        """Return one repair.

        Raises:
            UsageError: There is none of that number.
        """
        with self.database.begin() as connection:
            return _get(connection, repair_id)

    def latest(self, count: int) -> tuple[Repair, ...]:
        """Return the last repairs, newest first."""
        newest = select(table).order_by(table.c.repair_id.desc()).limit(count)
        with self.database.begin() as connection:
            return tuple(_repair(connection, row) for row in connection.execute(newest).all())

    def touching(self, instrument_id: int, timeframe: Timeframe, opened_at: datetime) -> tuple[Repair, ...]:
        """Return the repairs that stored or changed one candle, oldest first; undone ones as well."""
        rows = rows_table.c
        of_candle = (
            rows.instrument_id == instrument_id,
            rows.timeframe == timeframe.value,
            rows.opened_at == opened_at,
        )
        numbers = select(rows.repair_id).where(*of_candle)
        wanted = select(table).where(table.c.repair_id.in_(numbers)).order_by(table.c.repair_id)
        with self.database.begin() as connection:
            return tuple(_repair(connection, row) for row in connection.execute(wanted).all())

    def calls_since(self, instant: datetime) -> int:
        """Return how many calls repairs have made that began at `instant` or later."""
        total = select(func.coalesce(func.sum(table.c.calls), 0)).where(table.c.started_at >= instant)
        with self.database.begin() as connection:
            return int(connection.scalars(total).one())

    def undo(self, repair_id: int, instruments: Sequence[Instrument], now: datetime) -> Undone:
        """Take a repair back; all of it, or nothing.

        Raises:
            UsageError: There is none of that number, it is undone, or somebody has changed its candles since.
        """
        calendars = {one.instrument_id: one.calendar for one in instruments}
        with self.database.begin() as connection:
            repair = _get(connection, repair_id, is_locked=True)
            check_undoable(repair)
            ledgers = repair_rows.kept_ledgers(connection, repair_id)
            candles = repair_rows.kept_candles(driver(connection), repair_id)
            transaction = TimescaleTransaction(connection, 0)
            transaction.lock(sorted({one for one, *_ in ledgers} | set(candles["instrument_id"])))
            still = repair_rows.unchanged(driver(connection), repair_id)
            if still != candles.height:
                raise changed_since(repair_id, candles.height - still)
            revisions = repair_rows.put_back(driver(connection), repair_id)
            for (length,), part in candles.partition_by("timeframe", as_dict=True).items():
                touches.add(driver(connection), touched_by([part], Timeframe(length)), 0)
            for one, length, change in ledgers:
                before = transaction.ledgers([one], length)
                after = {one: taken_back(before[one], change, get_counter(calendars[one], length).count_in)}
                transaction.replace_ledgers(length, before, after)
            undone = {"state": RepairState.UNDONE.value, "undone_at": now}
            connection.execute(update(table).where(table.c.repair_id == repair_id).values(undone))
        series = {(one, length) for one, length, _ in ledgers}
        return Undone(repair.inserted, repair.corrected, revisions, len(series))


def _get(connection: Connection, repair_id: int, *, is_locked: bool = False) -> Repair:
    wanted = select(table).where(table.c.repair_id == repair_id)
    row = connection.execute(wanted.with_for_update() if is_locked else wanted).one_or_none()
    if row is None:
        raise unknown_repair(repair_id)
    return _repair(connection, row)


def _repair(connection: Connection, row: Row[Any]) -> Repair:
    counts = select(rows_table.c.change, func.count()).where(rows_table.c.repair_id == row.repair_id)
    changed = dict(connection.execute(counts.group_by(rows_table.c.change)).tuples().all())
    return Repair(
        row.repair_id,
        RepairState(row.state),
        row.started_at,
        orjson.dumps(row.plan).decode(),
        row.finished_at,
        row.undone_at,
        row.calls,
        changed.get("inserted", 0),
        changed.get("corrected", 0),
    )
