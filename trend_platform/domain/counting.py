"""Counting expected candles without laying them out: how many a calendar expects before an instant, by binary search.

A year of minutes is 500,000 stamps and a few hundred stretches of trading; whoever only wants to know how many there are
asks here. Arrays in, arrays out; instants are microseconds since the Unix epoch, UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from trend_platform.domain.calendars import Instants, TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

_ALWAYS = Interval(datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, eq=False)
class CandleCounter:
    """Where the expected candles of one calendar and timeframe lie.

    Attributes:
        starts: First stamp of each stretch of candles that follow each other.
        counted: How many candles lie before each stretch, and at the end how many there are.
        step_us: From one stamp of a stretch to the next, in microseconds.
    """

    starts: Instants
    counted: Instants
    step_us: int

    def before(self, instants: NDArray[np.int64]) -> Instants:
        """Return how many candles are stamped before each instant."""
        at = np.maximum(self.starts.searchsorted(instants, side="left") - 1, 0)
        into = -(-(instants - self.starts[at]) // self.step_us)
        counts: Instants = self.counted[at] + np.clip(into, 0, self.counted[at + 1] - self.counted[at])
        return counts

    def count(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Instants:
        """Return how many candles are stamped in each of the half-open spans."""
        counts: Instants = self.before(ends) - self.before(starts)
        return counts

    def stamps(self, numbers: NDArray[np.int64]) -> Instants:
        """Return the stamp of the candles with these numbers, as `before` counts them; they must exist."""
        at = self.counted.searchsorted(numbers, side="right") - 1
        stamps: Instants = self.starts[at] + (numbers - self.counted[at]) * self.step_us
        return stamps

    def count_in(self, interval: Interval) -> int:
        """Return how many candles are stamped in one interval."""
        bounds = self.before(np.array([to_us(interval.start), to_us(interval.end)]))
        return int(bounds[1] - bounds[0])

    def first_in(self, interval: Interval) -> datetime | None:
        """Return the first stamp in an interval, `None` if it has none."""
        number = self.before(np.array([to_us(interval.start)]))
        if not self.count_in(interval):
            return None
        return from_us(self.stamps(number)[0])


@cache
def get_counter(calendar_name: str, timeframe: Timeframe) -> CandleCounter:
    """Return the counter of one calendar and timeframe, built once per process in some milliseconds.

    Raises:
        UsageError: There is no such calendar.
    """
    calendar = get_calendar(calendar_name)
    return _intraday(calendar, timeframe) if timeframe.is_intraday else _single(calendar, timeframe)


def _intraday(calendar: TradingCalendar, timeframe: Timeframe) -> CandleCounter:
    step = timeframe.step // timedelta(microseconds=1)
    counts = -(-(calendar.stretch_closes - calendar.stretch_opens) // step)
    return CandleCounter(calendar.stretch_opens, _summed(counts), step)


def _single(calendar: TradingCalendar, timeframe: Timeframe) -> CandleCounter:
    # Days, weeks and months are stretches of one candle each.
    opens = calendar.candle_opens(timeframe, _ALWAYS)
    return CandleCounter(opens, _summed(np.ones(len(opens), dtype=np.int64)), 1)


def _summed(counts: NDArray[np.int64]) -> Instants:
    summed: Instants = np.concatenate(([0], np.cumsum(counts)))
    return summed
