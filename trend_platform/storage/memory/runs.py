"""The `Runs` port in memory: a numbered record of ingest runs."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from trend_platform.errors import UsageError
from trend_platform.storage.base import RunRecord


@dataclass(slots=True)
class MemoryRuns:
    """The record of ingest runs."""

    _records: dict[int, RunRecord] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def start(self, kind: str, plan: str, now: datetime) -> int:
        """Record that a run begins; return its number."""
        with self._lock:
            run_id = len(self._records) + 1
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

    def latest(self, count: int) -> tuple[RunRecord, ...]:
        """Return the last runs, newest first."""
        with self._lock:
            return tuple(reversed(self._records.values()))[:count]
