"""What one run sees of providers, noted as it happens and given to the scorecard at its end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trend_platform.domain.scores import Score, ScoreKey, latency_counts
from trend_platform.errors import CircuitOpen, NothingThere, ProviderError, QuotaExhausted, RateLimited

_REFUSALS = (RateLimited, QuotaExhausted)


@dataclass(slots=True)
class Scorebook:
    """The notes of one run; used in the event loop's thread, except for `take`."""

    _seen: dict[ScoreKey, "_Seen"] = field(default_factory=dict)

    def attempted(self, keys: Iterable[ScoreKey], seconds: float, failure: ProviderError | None) -> None:
        """Note one attempt on the wire; how long it took counts where it brought an answer."""
        for key in keys:
            seen = self._of(key)
            seen.sums["attempts"] += 1.0
            if isinstance(failure, _REFUSALS):
                seen.sums["limited"] += 1.0
            if failure is None:
                seen.seconds.append(seconds)

    def answered(self, keys: Iterable[ScoreKey], failure: ProviderError | None, now: datetime) -> None:
        """Note the end of one question. That a provider knows no such symbol is an answer; one left alone was not asked."""
        if isinstance(failure, CircuitOpen):
            return
        is_failure = failure is not None and not isinstance(failure, NothingThere)
        for key in keys:
            seen = self._of(key)
            seen.sums["asked"] += 1.0
            if is_failure:
                seen.sums["failed"] += 1.0
                seen.last_error, seen.failed_at = f"{type(failure).__name__}: {failure}", now
            else:
                seen.served_at = now

    def counted(self, key: ScoreKey, **counts: float) -> None:
        """Add to sums of a score by their names, such as `expected` and `missing`."""
        sums = self._of(key).sums
        for name, count in counts.items():
            sums[name] += count

    def take(self) -> Mapping[ScoreKey, Score]:
        """Return what was seen since the last look, and start anew."""
        seen, self._seen = self._seen, {}
        return {key: one.score() for key, one in seen.items()}

    def _of(self, key: ScoreKey) -> "_Seen":
        return self._seen.setdefault(key, _Seen())


@dataclass(slots=True)
class _Seen:
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    seconds: list[float] = field(default_factory=list)
    last_error: str = ""
    failed_at: datetime | None = None
    served_at: datetime | None = None

    def score(self) -> Score:
        latencies = latency_counts(self.seconds)
        return Score(
            **self.sums,
            latencies=latencies,
            last_error=self.last_error,
            failed_at=self.failed_at,
            served_at=self.served_at,
        )
