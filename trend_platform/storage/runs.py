"""The storage port of ingest runs: what each of them set out to do, and what became of it.

As with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One ingest run as it was recorded.

    Attributes:
        run_id: Its number.
        kind: Such as `backfill`, `import`.
        status: `running`, `done` or `failed`.
        started_at: When it began.
        finished_at: When it ended, `None` while it runs or if it was killed.
        plan: The plan, as JSON.
        outcome: The outcome or the error, as JSON; empty while it runs.
    """

    run_id: int
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    plan: str
    outcome: str


class Runs(Protocol):
    """The record of ingest runs."""

    def start(self, kind: str, plan: str, now: datetime) -> int:
        """Record that a run begins; return its number."""
        ...

    def finish(self, run_id: int, status: str, outcome: str, now: datetime) -> None:
        """Record how a run ended."""
        ...

    def latest(self, count: int, besides: Sequence[str] = ()) -> tuple[RunRecord, ...]:
        """Return the last runs, newest first, without those of the kinds `besides`."""
        ...

    def of(self, run_ids: Collection[int]) -> tuple[RunRecord, ...]:
        """Return the runs of these numbers, oldest first; those that are not recorded, or no longer, are left out."""
        ...

    def under_way(self, instant: datetime) -> tuple[RunRecord, ...]:
        """Return the runs that had begun by `instant` and not ended before it, oldest first."""
        ...

    def forget_before(self, instant: datetime, kinds: Sequence[str]) -> int:
        """Drop the records of runs of these kinds that ended before `instant`; return how many went."""
        ...
