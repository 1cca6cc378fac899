"""The `Runs` port in memory: a numbered record of ingest runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from trend_platform.errors import UsageError
from trend_platform.storage.runs import RunRecord


@dataclass(slots=True)
class MemoryRuns:
    """The record of ingest runs."""

    _records: dict[int, RunRecord] = field(default_factory=dict)
    _last: int = 0
    _lock: Lock = field(default_factory=Lock)

    def start(self, kind: str, plan: str, now: datetime) -> int:
        """Record that a run begins; return its number."""
        with self._lock:
            self._last = run_id = self._last + 1
            self._records[run_id] = RunRecord(run_id, kind, "running", now, None, plan, "")
        return run_id

    def finish(self, run_id: int, status: str, outcome: str, now: datetime) -> None:
        """Record how a run ended.

        Raises:
            UsageError: There is no run of that number.
        """
        with self._lock:
            if run_id not in self._records:
                raise UsageError(f"there is no run {run_id} to finish")
            record = self._records[run_id]
            self._records[run_id] = replace(record, status=status, outcome=outcome, finished_at=now)

    def latest(self, count: int, besides: Sequence[str] = ()) -> tuple[RunRecord, ...]:
        """Return the last runs, newest first, without those of the kinds `besides`."""
        with self._lock:
            newest_first = reversed(self._records.values())
            return tuple(one for one in newest_first if one.kind not in besides)[:count]

    def of(self, run_ids: Collection[int]) -> tuple[RunRecord, ...]:
        """Return the runs of these numbers, oldest first; those that are not recorded are left out."""
        with self._lock:
            return tuple(self._records[one] for one in sorted(set(run_ids)) if one in self._records)

    def under_way(self, instant: datetime) -> tuple[RunRecord, ...]:
        """Return the runs that had begun by `instant` and not ended before it, oldest first."""
        with self._lock:
            begun = [one for one in self._records.values() if one.started_at <= instant]
        return tuple(one for one in begun if one.finished_at is None or one.finished_at >= instant)

    def forget_before(self, instant: datetime, kinds: Sequence[str]) -> int:
        """Drop the records of runs of these kinds that ended before `instant`; return how many went."""
        with self._lock:
            old = [one for one in self._records.values() if one.kind in kinds and _ended(one, instant)]
            for one in old:
                del self._records[one.run_id]
        return len(old)


def _ended(record: RunRecord, before: datetime) -> bool:
    return record.finished_at is not None and record.finished_at < before
