"""Catching up: candles of the last days that were stored while they formed, or that nobody asked for, are asked again.

A loop that was stopped in the middle of a session leaves its last candle forming and the hours after it unasked; no tick
asks for them once the next session has begun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Wanted, needs_of
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import Workshop

LOOK_BACK = timedelta(days=10)
"""How far back is looked: longer than a holiday week, shorter than what backfills are for."""

_TIMEFRAMES = (Timeframe.D1, Timeframe.H1)


async def catch_up(workshop: Workshop, kind: str) -> Outcome | None:
    """Ask again for daily and hourly candles that are over and not settled, of series that have any in the last ten days.

    Args:
        workshop: The ports.
        kind: What the runs, one for each timeframe, are recorded as.

    Returns:
        The outcomes as one, `None` if nothing had to be asked or nobody is there to be asked.

    Raises:
        PlanRefused: The plan cannot finish; nothing was asked.
        UnavailableError: The database went away.
    """
    outcomes = [
        await run(workshop, wanted, kind)
        for timeframe in _TIMEFRAMES
        if workshop.providers and (wanted := left_behind(workshop, timeframe)).instruments
    ]
    return _joined(outcomes) if outcomes else None


def left_behind(workshop: Workshop, timeframe: Timeframe) -> Wanted:
    """Return what of one timeframe is left to ask: per instrument, from its first row or span of the last days on."""
    now = workshop.clock.now()
    instruments = workshop.storage.universe.instruments()
    ids = [one.instrument_id for one in instruments]
    recently = Interval(now - LOOK_BACK, now)
    ledgers = workshop.storage.market.ledgers(ids, timeframe)
    stored = _first_rows(workshop.storage.market.candles(ids, timeframe, recently))
    windows = {
        one.instrument_id: window
        for one in instruments
        if (window := _window(one, timeframe, recently, ledgers[one.instrument_id], stored.get(one.instrument_id)))
    }
    wanted = Wanted(instruments, timeframe, (), now.date(), windows=windows)
    needed = tuple(need.instrument for need in needs_of(wanted, ledgers, now))
    return replace(wanted, instruments=needed)


def _first_rows(candles: pl.DataFrame) -> Mapping[int, datetime]:
    first = candles.group_by("instrument_id").agg(pl.col("opened_at").min())
    return dict(first.iter_rows())


def _window(
    instrument: Instrument, timeframe: Timeframe, recently: Interval, ledger: Ledger, stored: datetime | None
) -> Interval | None:
    known = [(span.interval & recently).start for span in ledger.spans if span.interval & recently]
    known += [stored] if stored else []
    until = get_calendar(instrument.calendar).closed_until(timeframe, recently.end)
    if not known or min(known) >= until:
        return None
    return Interval(min(known), min(until, recently.end))


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    joined = outcomes[0]
    for other in outcomes[1:]:
        joined = replace(
            joined,
            run_id=other.run_id,
            asked=joined.asked + other.asked,
            received=joined.received + other.received,
            upserted=joined.upserted + other.upserted,
            rejected=joined.rejected + other.rejected,
            calls=_summed(joined.calls, other.calls),
            accounts=(*joined.accounts, *other.accounts),
            failures=(*joined.failures, *other.failures),
            warnings=_summed(joined.warnings, other.warnings),
            replaced=_summed(joined.replaced, other.replaced),
            seconds=joined.seconds + other.seconds,
        )
    return joined


def _summed(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + two.get(name, 0) for name in (*one, *(other for other in two if other not in one))}
