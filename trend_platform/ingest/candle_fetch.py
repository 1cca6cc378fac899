"""Fetching candles: the use case behind `trend candles fetch` and `intraday_candles`: any timeframe, any span.

One run for each timeframe, so that each has its own account. Candles of a week and longer are rolled up, never fetched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import HISTORICAL_RANGES
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere, UsageError
from trend_platform.ingest.day_chart import put_day_charts
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.prepare import prepare
from trend_platform.ingest.run import run
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import Workshop

KIND = "candles"
"""What these runs are recorded as."""

INTRADAY = tuple(timeframe for timeframe in Timeframe if timeframe.is_intraday)
"""The timeframes within a day, shortest first."""

FETCHED = (*INTRADAY, Timeframe.D1)
"""The timeframes that providers are asked for, shortest first."""

_TICK = timedelta(microseconds=1)

OnStep = Callable[[Timeframe, Progress], None]
"""Told which timeframe is being fetched and how far its run is, after each batch."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """What a fetch did.

    Attributes:
        outcomes: One for each timeframe that was asked, in the order asked.
        series_written: Hot series written to the cache because their candles changed.
        series_skipped: Hot series the cache did not take; readers read through.
    """

    outcomes: tuple[Outcome, ...]
    series_written: int = 0
    series_skipped: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing without an explanation."""
        return all(outcome.is_complete for outcome in self.outcomes)

    @property
    def has_failures(self) -> bool:
        """Whether a provider did not answer for an instrument it may know."""
        return any(map(_has_failed, self.outcomes))


def wanted_between(
    instruments: Sequence[Instrument], timeframe: Timeframe, interval: Interval, *, refresh: bool = False
) -> Wanted:
    """Return what is wanted: the candles of one timeframe that are stamped in `interval`.

    Raises:
        UsageError: Candles of that length are not fetched.
    """
    if timeframe not in FETCHED:
        raise UsageError(
            f"{timeframe} candles are rolled up from shorter ones and never fetched: fetch {Timeframe.D1}, then "
            f"`trend rollup --timeframe {timeframe}`; fetched are {' '.join(FETCHED)}"
        )
    windows = {one.instrument_id: interval for one in instruments}
    last = max(interval.start, interval.end - _TICK)
    return Wanted(tuple(instruments), timeframe, (), last.date(), refresh, windows=windows)


async def fetch_candles(
    workshop: Workshop, wanted: Sequence[Wanted], on_step: OnStep | None = None, kind: str = KIND
) -> Fetch:
    """Bring series up to date, one timeframe after the other, then make hot what has changed.

    All plans are made before anything is asked. Where the policy is to fail fast, no further timeframe is asked after a
    failure.

    Args:
        workshop: The ports.
        wanted: What is wanted, one for each timeframe.
        on_step: Told after each batch.
        kind: What the runs are recorded as.

    Raises:
        UsageError: No provider is at hand.
        PlanRefused: A plan cannot finish within the policy's limits; nothing was asked.
        UnavailableError: The database went away; what was committed before stays, the next fetch completes it.
    """
    for one in wanted:
        prepare(workshop, one)
    outcomes: list[Outcome] = []
    for one in wanted:
        outcomes.append(await run(workshop, one, kind, _telling(on_step, one.timeframe)))
        if workshop.policy.fails_fast and _has_failed(outcomes[-1]):
            break
    written, skipped = _make_hot(workshop, wanted, outcomes)
    return Fetch(tuple(outcomes), written, skipped)


def _telling(on_step: OnStep | None, timeframe: Timeframe) -> Callable[[Progress], None] | None:
    return None if on_step is None else lambda progress: on_step(timeframe, progress)


def _has_failed(outcome: Outcome) -> bool:
    return any(failure.kind != NothingThere.__name__ for failure in outcome.failures)


def _make_hot(workshop: Workshop, wanted: Sequence[Wanted], outcomes: Sequence[Outcome]) -> tuple[int, int]:
    # The range series are made of days, the 1D chart of hours; other timeframes have no hot copy.
    written = skipped = 0
    for one, outcome in zip(wanted, outcomes, strict=False):
        stored = outcome.upserted
        if stored.rows == stored.unchanged:
            continue
        if one.timeframe is Timeframe.D1:
            done = refresh_series(workshop, one.instruments, HISTORICAL_RANGES)
        elif one.timeframe is Timeframe.H1:
            done = put_day_charts(workshop, one.instruments)
        else:
            continue
        written, skipped = written + done[0], skipped + done[1]
    return written, skipped
