"""The `Repairs` port in memory: records beside the tables of a market, taken back by its own means."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.counting import get_counter
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.ledger_changes import taken_back
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.memory.market import MemoryMarket
from trend_platform.storage.memory.repair_rows import KeptLedger, KeptRows
from trend_platform.storage.memory.transaction import MemoryTransaction
from trend_platform.storage.repairs import (
    Repair,
    RepairState,
    Undone,
    changed_since,
    check_undoable,
    unknown_repair,
)
from trend_platform.storage.touches import touched_by

_FETCHED = (*CANDLE_KEY, "fetched_at")


@dataclass(slots=True)
class MemoryRepairs:
    """The repairs of one market in memory.

    Attributes:
        market: The market.
    """

    market: MemoryMarket
    _repairs: dict[int, Repair] = field(default_factory=dict)

    def start(self, plan: str, now: datetime) -> int:
        """Record that a repair begins; return its number."""
        number = len(self._repairs) + 1
        self._repairs[number] = Repair(number, RepairState.RUNNING, now, plan)
        return number

    def finish(self, repair_id: int, state: RepairState, calls: int, now: datetime) -> None:
        """Record how a repair ended."""
        self._repairs[repair_id] = replace(self.get(repair_id), state=state, calls=calls, finished_at=now)

    def get(self, repair_id: int) -> Repair:
        """Return one repair.

        Raises:
            UsageError: There is none of that number.
        """
        if repair_id not in self._repairs:
            raise unknown_repair(repair_id)
        rows = self._rows(repair_id)
        inserted, corrected = sum(one.inserted.height for one in rows), sum(one.before.height for one in rows)
        return replace(self._repairs[repair_id], inserted=inserted, corrected=corrected)

    def latest(self, count: int) -> tuple[Repair, ...]:
        """Return the last repairs, newest first."""
        return tuple(map(self.get, sorted(self._repairs, reverse=True)[:count]))

    def touching(self, instrument_id: int, timeframe: Timeframe, opened_at: datetime) -> tuple[Repair, ...]:
        """Return the repairs that stored or changed one candle, oldest first; undone ones as well."""
        mine = (pl.col("instrument_id") == instrument_id) & (pl.col("opened_at") == opened_at)
        kept = [one for one in self.market.tables.kept_rows if one.timeframe is timeframe]
        found = {one.repair_id for one in kept for rows in (one.inserted, one.changed) if rows.filter(mine).height}
        return tuple(map(self.get, sorted(found)))

    def calls_since(self, instant: datetime) -> int:
        """Return how many calls repairs have made that began at `instant` or later."""
        return sum(one.calls for one in self._repairs.values() if one.started_at >= instant)

    def undo(self, repair_id: int, instruments: Sequence[Instrument], now: datetime) -> Undone:
        """Take a repair back; all of it, or nothing.

        Raises:
            UsageError: There is none of that number, it is undone, or somebody has changed its candles since.
        """
        repair = self.get(repair_id)
        check_undoable(repair)
        calendars = {one.instrument_id: one.calendar for one in instruments}
        ledgers = [one for one in self.market.tables.kept_ledgers if one.repair_id == repair_id]
        with self.market.changing() as transaction:
            _check_unchanged(transaction, repair_id, self._rows(repair_id))
            gone = sum(_take_back_rows(transaction, kept) for kept in reversed(self._rows(repair_id)))
            for kept in reversed(ledgers):
                _take_back_ledger(transaction, kept, calendars[kept.instrument_id])
        self._repairs[repair_id] = replace(repair, state=RepairState.UNDONE, undone_at=now)
        series = {(one.instrument_id, one.timeframe) for one in ledgers}
        return Undone(repair.inserted, repair.corrected, gone, len(series))

    def _rows(self, repair_id: int) -> list[KeptRows]:
        return [one for one in self.market.tables.kept_rows if one.repair_id == repair_id]


def _check_unchanged(transaction: MemoryTransaction, repair_id: int, rows: Sequence[KeptRows]) -> None:
    if not rows:
        return
    written = pl.concat([part.select(_FETCHED) for one in rows for part in (one.inserted, one.changed)])
    last = written.unique(CANDLE_KEY, keep="last", maintain_order=True)
    stored = pl.concat(
        [transaction.tables.of(timeframe).select(_FETCHED) for timeframe in {one.timeframe for one in rows}]
    )
    changed = last.join(stored, on=_FETCHED, how="anti").height
    if changed:
        raise changed_since(repair_id, changed)


def _take_back_rows(transaction: MemoryTransaction, kept: KeptRows) -> int:
    # Returns how many revisions went.
    tables = transaction.tables
    keys = pl.concat([kept.inserted, kept.changed])
    left = tables.of(kept.timeframe).join(keys, on=CANDLE_KEY, how="anti")
    back = pl.concat([left, kept.before]).sort(CANDLE_KEY)
    mine = tables.revisions.filter(pl.col("run_id") == kept.run_id).join(kept.changed, on=CANDLE_KEY, how="semi")
    revisions = tables.revisions.join(mine, on=[*CANDLE_KEY, "run_id"], how="anti")
    touched = pl.concat([tables.touched, touched_by([keys], kept.timeframe)])
    candles = tables.candles | {kept.timeframe: back}
    transaction.tables = replace(tables, candles=candles, revisions=revisions, touched=touched)
    return mine.height


def _take_back_ledger(transaction: MemoryTransaction, kept: KeptLedger, calendar: str) -> None:
    counter = get_counter(calendar, kept.timeframe)
    now = transaction.tables.ledgers.get((kept.instrument_id, kept.timeframe), Ledger())
    before = taken_back(now, kept.change, counter.count_in)
    transaction.replace_ledgers(kept.timeframe, {kept.instrument_id: now}, {kept.instrument_id: before})
