"""The storage port of repairs: what each of them changed, so that it can be taken back.

A repair is ingest runs over a market that records: every candle and every line of the ledger that its transactions change is
kept in the same transaction, so that a killed repair can be undone as well. As with the ports in `base`, every implementation
passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError


class RepairState(StrEnum):
    """How far a repair is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair as it is recorded.

    Attributes:
        repair_id: Its number.
        state: How far it is; one that was killed is running for good, until it is undone.
        started_at: When it began.
        plan: What it set out to do, as JSON.
        finished_at: When it ended.
        undone_at: When it was taken back.
        calls: Calls it made to providers.
        inserted: Candles that it stored.
        corrected: Stored candles that it changed.
    """

    repair_id: int
    state: RepairState
    started_at: datetime
    plan: str
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    calls: int = 0
    inserted: int = 0
    corrected: int = 0


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a repair back did.

    Attributes:
        removed: Candles that it had stored.
        restored: Candles that have their old values again.
        revisions: Revisions that told of the change.
        series: Series whose ledger says again what it said before.
    """

    removed: int
    restored: int
    revisions: int
    series: int


class Repairs(Protocol):
    """The repairs of one database."""

    def start(self, plan: str, now: datetime) -> int:
        """Record that a repair begins; return its number."""
        ...

    def finish(self, repair_id: int, state: RepairState, calls: int, now: datetime) -> None:
        """Record how a repair ended."""
        ...

    def get(self, repair_id: int) -> Repair:
        """Return one repair.

        Raises:
            UsageError: There is none of that number.
        """
        ...

    def latest(self, count: int) -> tuple[Repair, ...]:
        """Return the last repairs, newest first."""
        ...

    def touching(self, instrument_id: int, timeframe: Timeframe, opened_at: datetime) -> tuple[Repair, ...]:
        """Return the repairs that stored or changed one candle, oldest first; undone ones as well."""
        ...

    def calls_since(self, instant: datetime) -> int:
        """Return how many calls repairs have made that began at `instant` or later; undone ones made theirs as well."""
        ...

    def undo(self, repair_id: int, instruments: Sequence[Instrument], now: datetime) -> Undone:
        """Take a repair back: candles, revisions and ledgers are as they were before; all of it, or nothing.

        Args:
            repair_id: Which one.
            instruments: Those of the universe, for their calendars.
            now: When.

        Raises:
            UsageError: There is none of that number, it is undone, or somebody has changed its candles since.
        """
        ...


def unknown_repair(repair_id: int) -> UsageError:
    """Return the error for a number that no repair has."""
    return UsageError(f"there is no repair {repair_id}; `trend gaps repairs` lists them")


def check_undoable(repair: Repair) -> None:
    """Refuse to take back what has been taken back.

    Raises:
        UsageError: The repair is undone.
    """
    if repair.state is RepairState.UNDONE:
        raise UsageError(f"repair {repair.repair_id} was undone at {repair.undone_at:%Y-%m-%d %H:%M} UTC already")


def changed_since(repair_id: int, candles: int) -> UsageError:
    """Return the error for a repair whose candles are no longer what it made of them."""
    return UsageError(
        f"repair {repair_id} is left as it is: {candles:,} of its candles have been changed since, and taking it back would "
        "lose that; undo the later repair first, or ask for them again with `trend candles fetch`"
    )
