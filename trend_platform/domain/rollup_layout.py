"""Which candles a coarser timeframe has, which finer ones belong to each, and how many of them the calendar expects.

Pure calendar arithmetic on int64 microseconds; no price comes here. An intraday candle holds what is stamped from its open
to its close, a day what lies between its session's open and close, a week or month the sessions of its dates.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trend_platform.domain.calendars import DAY_US, Instants, TradingCalendar, from_us, period_ends, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

_TICK = timedelta(microseconds=1)
_LONGEST = 31 * DAY_US


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Candles of a coarser timeframe, ascending.

    Attributes:
        stamps: Their stamps.
        begins: The first stamp of a finer candle that belongs to each.
        ends: The first stamp that no longer does.
    """

    stamps: Instants
    begins: Instants
    ends: Instants


def lay_out(
    calendar: TradingCalendar, source: Timeframe, target: Timeframe, first: int | np.int64, last: int | np.int64
) -> Layout:
    """Return the candles of `target` that can hold candles of `source` stamped from `first` to `last`, both included."""
    if target.is_intraday:
        reach = Interval(from_us(first) - target.step, from_us(last) + _TICK)
        return layout_of(calendar, source, target, calendar.candle_opens(target, reach))
    if source.is_intraday:
        low = int(calendar.closes.searchsorted(first, side="right"))
        high = int(calendar.opens.searchsorted(last, side="right"))
    else:
        low = int(calendar.sessions.searchsorted(first, side="left"))
        high = int(calendar.sessions.searchsorted(last, side="right"))
    if low >= high:
        nothing = calendar.sessions[:0]
        return Layout(nothing, nothing, nothing)
    sessions = calendar.sessions[low:high]
    if target is Timeframe.D1:
        return layout_of(calendar, source, target, sessions)
    reach = Interval(from_us(sessions[0] - _LONGEST), from_us(sessions[-1]) + _TICK)
    return layout_of(calendar, source, target, calendar.candle_opens(target, reach))


def layout_of(calendar: TradingCalendar, source: Timeframe, target: Timeframe, stamps: Instants) -> Layout:
    """Return the layout for `source` of exactly the candles of `target` stamped in `stamps`; stamps are the calendar's."""
    if target.is_intraday:
        return Layout(stamps, stamps, calendar.candle_closes(target, stamps))
    ends = period_ends(target, stamps)
    if not source.is_intraday:
        return Layout(stamps, stamps, ends)
    first, after = calendar.sessions.searchsorted(stamps), calendar.sessions.searchsorted(ends)
    return Layout(stamps, calendar.opens[first], calendar.closes[after - 1])


def expected_in(calendar: TradingCalendar, source: Timeframe, layout: Layout, lifetime: Interval) -> NDArray[np.int64]:
    """Return how many candles of `source` the calendar expects in each candle of a layout for it, within a lifetime."""
    bounds = to_us(lifetime.start), to_us(lifetime.end)
    begins, ends = (np.clip(edges, *bounds) for edges in (layout.begins, layout.ends))
    before = _opens_before if source.is_intraday else _sessions_before
    return before(calendar, source, ends) - before(calendar, source, begins)


def _opens_before(calendar: TradingCalendar, source: Timeframe, instants: Instants) -> NDArray[np.int64]:
    step = source.step // timedelta(microseconds=1)
    counts = -(-(calendar.stretch_closes - calendar.stretch_opens) // step)
    earlier = np.cumsum(counts) - counts
    stretch = calendar.stretch_opens.searchsorted(instants, side="left") - 1
    inside = np.minimum(-(-(instants - calendar.stretch_opens[stretch]) // step), counts[stretch])
    found: NDArray[np.int64] = np.where(stretch < 0, 0, earlier[stretch] + inside)
    return found


def _sessions_before(calendar: TradingCalendar, _: Timeframe, instants: Instants) -> NDArray[np.int64]:
    return calendar.sessions.searchsorted(instants, side="left").astype(np.int64)
