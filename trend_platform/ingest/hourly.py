"""Hourly candles of the 1D chart: the hours that are expected and not settled are asked, then the charts are made hot.

An ingest run like any other, so that the ledger knows what was missed: a tick that never came is healed by the next one.
"""

import logging
from collections.abc import Sequence

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.day_chart import chart_window, put_day_charts
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.tally import OnProgress
from trend_platform.ingest.workshop import Workshop
from trend_platform.wording import counted

KIND = "hourly"
"""What these runs are recorded as."""

log = logging.getLogger(__name__)


async def refresh_hourly(
    workshop: Workshop, instruments: Sequence[Instrument], on_progress: OnProgress | None = None
) -> Outcome:
    """Ask for the hours of each instrument's 1D chart that are not settled, store them, and write the charts to the cache.

    Asked are hours that have begun, that the ledger does not account for, and the ones that are forming; the outcome's
    accounts are of the charts' spans.

    Raises:
        UsageError: No provider is at hand.
        PlanRefused: The plan cannot finish; nothing was asked.
        UnavailableError: The database went away; what was committed before stays, the next tick completes it.
    """
    outcome = await run(workshop, hours_wanted(workshop, instruments), KIND, on_progress)
    _, skipped = put_day_charts(workshop, instruments)
    if skipped:
        log.warning("the cache is down: %s not written, readers read through", counted(skipped, "1D chart"))
    return outcome


def hours_wanted(workshop: Workshop, instruments: Sequence[Instrument]) -> Wanted:
    """Return what the 1D charts need now: each instrument's hours of its own calendar's session, 24 of one that never closes."""
    now = workshop.clock.now()
    windows = {name: chart_window(get_calendar(name), now) for name in {one.calendar for one in instruments}}
    return Wanted(
        tuple(instruments),
        Timeframe.H1,
        (Range.D1,),
        now.date(),
        windows={one.instrument_id: windows[one.calendar] for one in instruments},
    )
