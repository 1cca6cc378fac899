"""The running count of an ingest: batches go in, an outcome comes out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from trend_platform.domain.intervals import Spans
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.write import Fetched, Written
from trend_platform.storage.base import Upsert


class Progress(NamedTuple):
    """How far a run is.

    Attributes:
        done: Requests answered and stored.
        total: Requests planned so far.
        candles: Rows received so far.
        provider: Who answered last.
    """

    done: int
    total: int
    candles: int
    provider: str


OnProgress = Callable[[Progress], None]
"""Told how far a run is, after each batch; called in the event loop's thread."""


@dataclass(slots=True)
class Tally:
    """What has happened so far in one run.

    Attributes:
        on_progress: Told after each batch.
        total: Requests planned so far.
    """

    on_progress: OnProgress | None = None
    total: int = 0
    done: int = 0
    received: int = 0
    rejected: int = 0
    upserted: Upsert = Upsert()
    calls: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, int], Failure] = field(default_factory=dict)
    served: dict[int, str] = field(default_factory=dict)
    left_open: dict[tuple[str, int], Spans] = field(default_factory=dict)
    lacking: dict[int, frozenset[str]] = field(default_factory=dict)

    def take(self, batch: Sequence[Fetched], written: Written) -> None:
        """Count a committed batch."""
        self.received += written.received
        self.rejected += written.rejected
        self.upserted += written.upserted
        self.warnings.update(written.warnings)
        for key, spans in written.left_open.items():
            self.left_open[key] = self.left_open.get(key, Spans()) | spans
        for provider, one in (key for key, candles in written.left_out.items() if candles):
            self.lacking[one] = self.lacking.get(one, frozenset()) | {provider}
        for fetched in batch:
            self._take_one(fetched)
        self.done += len(batch)
        if self.on_progress:
            self.on_progress(Progress(self.done, self.total, self.received, batch[-1].call.provider))

    def take_left_open(self) -> Mapping[tuple[str, int], Spans]:
        """Return what the calls since the last look have left open, and start anew."""
        left_open, self.left_open = self.left_open, {}
        return left_open

    def all_failures(self) -> tuple[Failure, ...]:
        """Return the failures, each with who served the instrument instead."""
        return tuple(
            Failure(failure.symbol, failure.provider, failure.kind, failure.message, self._instead_of(provider, one))
            for (provider, one), failure in sorted(self.failures.items(), key=lambda item: item[1].symbol)
        )

    def _instead_of(self, provider: str, instrument_id: int) -> str:
        served_by = self.served.get(instrument_id, "")
        return served_by if served_by != provider else ""

    def _take_one(self, fetched: Fetched) -> None:
        provider, answer = fetched.call.provider, fetched.answer
        self.calls[provider] += answer.calls
        with_rows = set(answer.candles["instrument_id"].unique().to_list())
        for instrument in fetched.call.request.instruments:
            one = instrument.instrument_id
            if one in with_rows:
                self.served[one] = provider
            if answer.failure or one in answer.nothing_there:
                kind = type(answer.failure).__name__ if answer.failure else "NothingThere"
                message = str(answer.failure or answer.evidence or "no such symbol")
                self.failures[provider, one] = Failure(instrument.symbol, provider, kind, message)
