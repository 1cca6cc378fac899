"""Backfill: the use case behind `trend backfill`: bring ranges up to date, then make their series hot for readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.tally import OnProgress
from trend_platform.ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What a backfill did.

    Attributes:
        outcome: The ingest's account.
        series_written: Range series written to the cache.
        series_skipped: Range series the cache did not take; readers read through.
    """

    outcome: Outcome
    series_written: int
    series_skipped: int


def wanted_of(
    workshop: Workshop, ranges: Sequence[Range], symbols: Sequence[str], as_of: date | None, *, refresh: bool = False
) -> Wanted:
    """Return what is wanted: daily candles of the symbols (all of the universe if none is named) in the ranges.

    Raises:
        UsageError: A symbol is not in the universe, or the universe is empty.
    """
    last = as_of or workshop.clock.now().date()
    return Wanted(workshop.select(symbols), Timeframe.D1, tuple(ranges), last, refresh)


async def backfill(
    workshop: Workshop, wanted: Wanted, on_progress: OnProgress | None = None, kind: str = "backfill"
) -> Backfilled:
    """Run the ingest, recorded as `kind`, and refresh the range series of the wanted instruments.

    Raises:
        UsageError: No provider is at hand.
        PlanRefused: The plan cannot finish; nothing was asked.
        UnavailableError: The database went away.
    """
    outcome = await run(workshop, wanted, kind, on_progress)
    written, skipped = refresh_series(workshop, wanted.instruments, wanted.ranges)
    return Backfilled(outcome, written, skipped)
