"""What one answer told about one series, and which expected candles are still not there after it.

Pure. Missing candles next to each other make one hole, cut wherever what is known of them changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trend_platform.domain.calendars import Instants, TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.counting import get_counter
from trend_platform.domain.coverage import Gap, Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.silences import silences
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Observation:
    """What one request told about one series.

    Attributes:
        instrument: The instrument.
        timeframe: The series.
        provider: Who was asked.
        asked: The interval that was asked.
        answered: The part of it, from its start, that the provider answered for.
        settled_until: Stamps from here on may still change; they are stored but not accounted.
        observed_at: When.
        evidence: What was observed, in words.
        sent: How many candles of the series the answer brought, good or bad.
        failure: Why `answered` ends before `asked` does.
        is_unknown: Whether the provider knows no such symbol.
        leaves_out_silence: Whether the provider gives no candle where nothing was traded.
    """

    instrument: Instrument
    timeframe: Timeframe
    provider: str
    asked: Interval
    answered: Interval
    settled_until: datetime
    observed_at: datetime
    evidence: str
    sent: int = 0
    failure: ProviderError | None = None
    is_unknown: bool = False
    leaves_out_silence: bool = False

    @property
    def calendar(self) -> TradingCalendar:
        """Return the calendar the series is expected by."""
        return get_calendar(self.instrument.calendar)

    def count(self, interval: Interval) -> int:
        """Return how many candles the series should have in `interval`."""
        return get_counter(self.instrument.calendar, self.timeframe).count_in(interval)


@dataclass(frozen=True, slots=True)
class Hole:
    """Consecutive expected candles that are not stored and were looked at alike before.

    Attributes:
        interval: From the first missing stamp up to the next expected one.
        missing: How many candles are missing.
        was_rejected: Whether the answer brought them and they were set aside.
        run: All missing candles next to each other here, those of neighbouring holes included.
        is_first: Whether that run begins where the accounted interval does.
        is_last: Whether that run ends where the accounted interval does.
        is_usual: Whether the provider leaves out silences, and this market often has ones as long as this run.
    """

    interval: Interval
    missing: int
    was_rejected: bool
    run: int
    is_first: bool
    is_last: bool
    is_usual: bool = False


def holes(
    seen: Observation,
    interval: Interval,
    ledger: Ledger,
    stored: Instants,
    rejected: Instants,
    *,
    by_anyone: bool = False,
) -> Iterator[Hole]:
    """Yield the holes of `interval`, oldest first.

    Args:
        seen: The answer.
        interval: Where to look.
        ledger: What was known before; a hole is cut where an earlier gap begins or ends.
        stored: Stamps of the stored candles; sorted.
        rejected: Stamps of the candles set aside from the answer; sorted.
        by_anyone: Whether earlier gaps of other providers cut as well; those looked at after the answer always do.
    """
    looks = [
        gap
        for gap in ledger.gaps
        if by_anyone or gap.provider == seen.provider or gap.last_checked_at > seen.observed_at
    ]
    expected = seen.calendar.candle_opens(seen.timeframe, interval)
    is_absent = ~np.isin(expected, stored, assume_unique=True)
    looked, was_rejected, runs = looked_at(looks, expected), np.isin(expected, rejected), silences(is_absent)
    for start, stop, is_usual in zip(runs.starts, runs.ends, runs.are_usual, strict=True):
        run = np.arange(start, stop)
        for part in _parts(run, looked[run], was_rejected[run]):
            last = int(part[-1])
            end = interval.end if last == len(expected) - 1 else from_us(expected[last + 1])
            yield Hole(
                Interval(from_us(expected[part[0]]), end),
                missing=len(part),
                was_rejected=bool(was_rejected[last]),
                run=len(run),
                is_first=int(run[0]) == 0,
                is_last=int(run[-1]) == len(expected) - 1,
                is_usual=seen.leaves_out_silence and bool(is_usual),
            )


def _parts(run: Instants, *labels: NDArray[np.generic]) -> list[Instants]:
    # A run is cut wherever what is known of its candles changes, so that each part keeps its own history of looks.
    changes = np.logical_or.reduce([label[1:] != label[:-1] for label in labels])
    return np.split(run, np.flatnonzero(changes) + 1)


def looked_at(gaps: Sequence[Gap], opens: Instants) -> Instants:
    """Return for each stamp the index of the gap it lies in, -1 for none; `gaps` are sorted and do not overlap."""
    starts = np.array([to_us(gap.interval.start) for gap in gaps], dtype=np.int64)
    ends = np.array([to_us(gap.interval.end) for gap in gaps], dtype=np.int64)
    at = np.searchsorted(starts, opens, side="right") - 1
    inside = (at >= 0) & (opens < ends[np.maximum(at, 0)]) if gaps else np.zeros(len(opens), dtype=bool)
    return np.where(inside, at, -1)
