"""What a run says of itself while it works: the plan, a line now and then, and whatever went another way than planned."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trend_platform.domain.clock import Clock
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.plan import Plan
from trend_platform.ingest.tally import Progress

_EVERY = timedelta(seconds=5)
_FAILURES_SHOWN = 20


@dataclass(slots=True)
class ProgressLog:
    """Tells how far a run is: every five seconds, every tenth of the way, and when holes go to the next provider.

    Attributes:
        tell: Takes one line, such as the `info` of a log.
        clock: The time.
    """

    tell: Callable[[str], None]
    clock: Clock
    _last_at: datetime | None = field(default=None, init=False)
    _last_tenth: int = field(default=0, init=False)
    _total: int = field(default=0, init=False)

    def __call__(self, progress: Progress) -> None:
        """Take in how far the run is."""
        if self._total and progress.total > self._total:
            self.tell(f"holes are left: {progress.total - self._total} more requests go to further providers")
        self._total = progress.total
        now, tenth = self.clock.now(), 10 * progress.done // max(1, progress.total)
        if self._last_at and now - self._last_at < _EVERY and tenth == self._last_tenth:
            return
        self._last_at, self._last_tenth = now, tenth
        self.tell(
            f"{progress.done}/{progress.total} requests, {progress.candles:,} candles, {progress.provider} answered last"
        )


def plan_lines(plan: Plan) -> Iterator[str]:
    """Say what will be asked of whom, and what nobody at hand can serve."""
    if not plan.calls:
        yield "nothing to ask: all that is wanted is stored, or missing for a reason that is not due again"
    for estimate in plan.estimates:
        binding = f", bound by {estimate.quota}" if estimate.quota else ""
        yield (
            f"plan: {estimate.provider}, {estimate.calls:,} calls for {estimate.candles:,} candles, "
            f"about {estimate.minutes:.1f} minutes{binding}"
        )
    for need in plan.unserved:
        yield f"no provider at hand serves {need.instrument.symbol} in {', '.join(map(str, need.spans))}"


def failure_lines(failures: Sequence[Failure]) -> Iterator[str]:
    """Say which instruments a provider did not serve, and who did instead."""
    for failure in failures[:_FAILURES_SHOWN]:
        instead = f"{failure.served_by} served it instead" if failure.served_by else "nobody served it"
        yield f"{failure.symbol}: {failure.message} ({failure.kind}); {instead}"
    if len(failures) > _FAILURES_SHOWN:
        yield f"and {len(failures) - _FAILURES_SHOWN} more; the metadata of this run lists them"
