"""Day by day: what is there of each UTC day of candles within a day, by the ledger alone; no row is counted.

For whoever shows many days at once, such as a partitioned asset. That the ledger says what the rows say is checked elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from trend_platform.domain.calendars import DAY_US, Instants, from_us, get_calendar, to_us
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.ingest.accounts import settled_days
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.prepare import surveyed
from trend_platform.ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class DayAccount:
    """What is there of one day of some series.

    Attributes:
        expected: Candles the calendars expect that are over.
        explained: Of these, how many are missing for a known reason.
        unexplained: How many are missing without one, those that were never asked for included.
        open: The symbols some of whose candles are missing unexplained, and how many.
    """

    expected: int = 0
    explained: int = 0
    unexplained: int = 0
    open: Mapping[str, int] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Return how many of the expected candles are stored."""
        return self.expected - self.explained - self.unexplained


def accounts_by_day(workshop: Workshop, wanted: Wanted) -> Mapping[date, DayAccount]:
    """Return the account of each UTC day that a window of `wanted` touches, at this instant; days without candles too.

    Raises:
        UsageError: No provider is at hand.
    """
    wanted, offers = surveyed(workshop, wanted)
    now = workshop.clock.now()
    ledgers = workshop.storage.market.ledgers([one.instrument_id for one in wanted.instruments], wanted.timeframe)
    hull = Spans.of(wanted.windows.values()).hull
    if hull is None:
        return {}
    days = _Days(hull)
    for one in wanted.instruments:
        days.add(one, wanted, settled_days(wanted, one, offers, now), ledgers[one.instrument_id])
    return dict(days.accounts())


class _Days:
    # Counts per day, summed over series.
    def __init__(self, hull: Interval) -> None:
        self._first = to_us(hull.start) // DAY_US
        self._count = max(1, -(-to_us(hull.end) // DAY_US) - self._first)
        self._expected, self._explained, self._open = (np.zeros(self._count, dtype=np.int64) for _ in range(3))
        self._by_symbol: dict[str, Instants] = {}

    def add(self, instrument: Instrument, wanted: Wanted, settled: Spans, ledger: Ledger) -> None:
        calendar = get_calendar(instrument.calendar)
        opens = np.concatenate(
            [np.empty(0, dtype=np.int64), *(calendar.candle_opens(wanted.timeframe, span) for span in settled)]
        )
        gap = _inside([gap.interval for gap in ledger.gaps], opens)
        explains = np.array([gap.reason.explains for gap in ledger.gaps] + [False])
        is_explained = explains[gap]
        is_stored = (gap < 0) & (_inside(list(ledger.covered), opens) >= 0)
        self._expected += self._per_day(opens)
        self._explained += self._per_day(opens[is_explained])
        missing = self._per_day(opens[~is_explained & ~is_stored])
        self._open += missing
        if missing.any():
            self._by_symbol[instrument.symbol] = missing

    def accounts(self) -> Iterator[tuple[date, DayAccount]]:
        for at in range(self._count):
            open_ = {symbol: int(counts[at]) for symbol, counts in self._by_symbol.items() if counts[at]}
            expected, explained, missing = (int(one[at]) for one in (self._expected, self._explained, self._open))
            yield self._day(at).date(), DayAccount(expected, explained, missing, open_)

    def _day(self, at: int) -> datetime:
        return from_us((self._first + at) * DAY_US)

    def _per_day(self, opens: Instants) -> Instants:
        return np.bincount(opens // DAY_US - self._first, minlength=self._count)


def _inside(intervals: Sequence[Interval], opens: Instants) -> NDArray[np.int64]:
    # For each stamp the index of the interval it lies in, -1 for none; intervals are sorted and do not overlap.
    if not intervals:
        return np.full(len(opens), -1)
    starts = np.array([to_us(one.start) for one in intervals], dtype=np.int64)
    ends = np.array([to_us(one.end) for one in intervals], dtype=np.int64)
    at = np.searchsorted(starts, opens, side="right") - 1
    return np.where((at >= 0) & (opens < ends[np.maximum(at, 0)]), at, -1)
