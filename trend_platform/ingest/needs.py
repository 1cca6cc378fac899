"""What is wanted and not settled: the question every plan starts from.

Pure. `needs_of` takes the wanted days of some series and their ledgers and says which spans must be asked now; it knows
nothing of providers, calls or quotas.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

import numpy as np

from trend_platform.domain.calendars import Instants, TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.counting import CandleCounter, get_counter
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ranges import Range, wanted_days
from trend_platform.domain.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants: series, days, and how the ledger is to be taken.

    Attributes:
        instruments: Whose candles.
        timeframe: Their length.
        ranges: Named windows; their union is wanted.
        as_of: The last day of every range.
        refresh: Whether to ask again for what is stored already.
        beginnings: Per instrument id, where `MAX` begins: no provider at hand reaches further back.
        windows: Per instrument id, exactly the span that is wanted, where the days of the ranges are too coarse to say it.
        parts: Per instrument id, exactly the spans that are wanted, where they are several.
    """

    instruments: tuple[Instrument, ...]
    timeframe: Timeframe
    ranges: tuple[Range, ...]
    as_of: date
    refresh: bool = False
    beginnings: Mapping[int, datetime] = field(default_factory=dict)
    windows: Mapping[int, Interval] = field(default_factory=dict)
    parts: Mapping[int, Spans] = field(default_factory=dict)

    def days_of(self, instrument: Instrument) -> Spans:
        """Return the wanted span of one instrument, its window or the days of the ranges, within its lifetime."""
        if (parts := self.parts.get(instrument.instrument_id)) is not None:
            return parts & Spans.of([instrument.lifetime])
        if (window := self.windows.get(instrument.instrument_id)) is not None:
            return Spans.of([window & instrument.lifetime])
        named = wanted_days([range_ for range_ in self.ranges if range_ is not Range.MAX], instrument, self.as_of)
        if Range.MAX not in self.ranges:
            return named
        begins = self.beginnings.get(instrument.instrument_id)
        everything = wanted_days([Range.MAX], instrument, self.as_of)
        return named | (Spans(tuple(_since(everything, begins))) if begins else everything)


@dataclass(frozen=True, slots=True)
class Need:
    """What must be asked of one series now.

    Attributes:
        instrument: The instrument.
        timeframe: The series.
        spans: Spans in which the calendar expects at least one candle each, in order.
    """

    instrument: Instrument
    timeframe: Timeframe
    spans: tuple[Interval, ...]

    @property
    def calendar(self) -> TradingCalendar:
        """Return the calendar the series is expected by."""
        return get_calendar(self.instrument.calendar)

    @property
    def _counter(self) -> CandleCounter:
        return get_counter(self.instrument.calendar, self.timeframe)

    @property
    def candles(self) -> int:
        """Return how many candles the calendar expects in the spans."""
        return sum(self.count(span) for span in self.spans)

    @property
    def hull(self) -> Interval:
        """Return the smallest interval around all spans."""
        return Interval(self.spans[0].start, self.spans[-1].end)

    def count(self, interval: Interval) -> int:
        """Return how many candles the calendar expects in `interval`."""
        return self._counter.count_in(interval)

    def within(self, bounds: Spans) -> "Need":
        """Return the need without what lies outside of `bounds`; its spans may be none."""
        return need_in(self.instrument, self.timeframe, Spans(self.spans) & bounds)

    def joined(self, candles_per_call: int | None) -> Sequence[Interval]:
        """Return the spans, neighbours joined where one call brings both.

        Asking again for stored candles between two holes costs nothing when they ride in a call that is made anyway.
        """
        if candles_per_call is None:
            return [self.hull]
        before = self._counter.before(_bounds(self.spans)).reshape(-1, 2).tolist()
        spans, counted = [self.spans[0]], before[0][0]
        for span, (first, last) in zip(self.spans[1:], before[1:], strict=True):
            if last - counted <= candles_per_call:
                spans[-1] = Interval(spans[-1].start, span.end)
            else:
                spans.append(span)
                counted = first
        return spans

    def cut(self, span: Interval, most: int) -> Sequence[Interval]:
        """Return `span` in parts of `most` expected candles each; candles of a day and longer are never that many."""
        if not self.timeframe.is_intraday:
            return [span]
        first, last = self._counter.before(_bounds([span])).tolist()
        opens = self._counter.stamps(np.arange(first + most, last, most))
        bounds = [span.start, *map(from_us, opens), span.end]
        return [Interval(start, end) for start, end in pairwise(bounds)]


def needs_of(wanted: Wanted, ledgers: Mapping[int, Ledger], now: datetime) -> tuple[Need, ...]:
    """Return what must be asked: wanted, begun by `now`, and not settled. Series that need nothing are left out."""
    needs = (_need_of(wanted, one, ledgers.get(one.instrument_id, Ledger()), now) for one in wanted.instruments)
    return tuple(need for need in needs if need.spans)


def need_in(instrument: Instrument, timeframe: Timeframe, open_: Spans) -> Need:
    """Return the need for the candles expected in `open_`; spans without any are dropped."""
    counter = get_counter(instrument.calendar, timeframe)
    before = counter.before(_bounds(open_)).reshape(-1, 2)
    some = np.flatnonzero(before[:, 1] > before[:, 0])
    starts = map(from_us, counter.stamps(before[some, 0]))
    spans = (Interval(start, open_.intervals[at].end) for start, at in zip(starts, some.tolist(), strict=True))
    return Need(instrument, timeframe, tuple(spans))


def _need_of(wanted: Wanted, instrument: Instrument, ledger: Ledger, now: datetime) -> Need:
    begun_until = get_calendar(instrument.calendar).begun_until(wanted.timeframe, now)
    begun = Spans(tuple(_until(wanted.days_of(instrument), begun_until)))
    return need_in(instrument, wanted.timeframe, begun if wanted.refresh else begun - ledger.settled(now))


def _bounds(spans: Iterable[Interval]) -> Instants:
    # Start and end of each span in turn.
    return np.array([to_us(bound) for span in spans for bound in (span.start, span.end)], dtype=np.int64)


def _since(spans: Spans, begin: datetime) -> Iterator[Interval]:
    return (Interval(max(span.start, begin), span.end) for span in spans if span.end > begin)


def _until(spans: Spans, end: datetime) -> Iterator[Interval]:
    return (Interval(span.start, min(span.end, end)) for span in spans if span.start < end)
