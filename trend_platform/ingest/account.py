"""Accounting: after an answer is stored, every candle that was asked for is either there or in a gap with a reason.

Pure. The calendar says what was expected, the store says what is there (whoever brought it), the answer says what was
observed. A hole is never explained from what happens to be stored: the reason comes from what the provider answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trend_platform.domain.calendars import Instants, TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.coverage import BeliefPolicy, Gap, GapReason, Ledger, Span, observe
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ledger import record
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, NotEntitled, ProviderError

# So many sessions without a candle up to the end of an answer look like a delisting rather than like a late provider.
DELISTED_AFTER = 20


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

    @property
    def calendar(self) -> TradingCalendar:
        """Return the calendar the series is expected by."""
        return get_calendar(self.instrument.calendar)

    def count(self, interval: Interval) -> int:
        """Return how many candles the series should have in `interval`."""
        return len(self.calendar.candle_opens(self.timeframe, interval))


@dataclass(frozen=True, slots=True)
class _Hole:
    # Consecutive expected stamps that are not stored and were looked at alike before; `run` counts all missing ones
    # around it, `is_first` and `is_last` say whether that run touches the bounds of the accounted interval.
    interval: Interval
    missing: int
    was_rejected: bool
    run: int
    is_first: bool
    is_last: bool


def account(seen: Observation, ledger: Ledger, stored: Instants, rejected: Instants, policy: BeliefPolicy) -> Ledger:
    """Return the ledger after an observation.

    Args:
        seen: What the provider answered.
        ledger: What was known of the series before.
        stored: Stamps of the candles stored in the asked interval, the new ones included; sorted.
        rejected: Stamps of the candles set aside from this answer; sorted.
        policy: When absence is believed.
    """
    settled = _before(seen.asked, seen.settled_until)
    answered = _before(seen.answered, seen.settled_until)
    failed = Interval(max(answered.end, settled.start), max(answered.end, settled.end))
    gaps = [_explained(seen, hole, ledger) for hole in _holes(seen, answered, ledger, stored, rejected)]
    gaps += [
        _failed(seen, hole) for hole in _holes(seen, failed, ledger, stored, rejected) if not _is_known(hole, ledger)
    ]
    span = Span(seen.instrument.instrument_id, seen.timeframe, answered, seen.provider, seen.observed_at)
    return _recorded(seen, ledger, [span] if answered else [], gaps, policy)


def unserved(seen: Observation, ledger: Ledger, stored: Instants, policy: BeliefPolicy, *, is_too_old: bool) -> Ledger:
    """Return the ledger after nobody could be asked for `seen.asked`.

    Args:
        seen: What could not be asked, with the reason as its evidence.
        ledger: What was known of the series before.
        stored: Stamps of the candles stored there all the same; sorted.
        policy: When absence is believed.
        is_too_old: Whether providers serve the instrument and do not reach back that far.
    """
    reason = GapReason.BEYOND_PROVIDER_DEPTH if is_too_old else GapReason.FETCH_FAILED
    holes = _holes(seen, seen.asked, ledger, stored, np.empty(0, dtype=np.int64))
    gaps = [_gap(seen, hole, reason, seen.evidence) for hole in holes if not _is_known(hole, ledger)]
    return _recorded(seen, ledger, [], gaps, policy)


def _recorded(seen: Observation, ledger: Ledger, spans: list[Span], gaps: list[Gap], policy: BeliefPolicy) -> Ledger:
    return record(ledger, spans, [observe(gap, ledger.gaps, policy) for gap in gaps], seen.count)


def _before(interval: Interval, bound: datetime) -> Interval:
    return Interval(interval.start, max(interval.start, min(interval.end, bound)))


def _holes(
    seen: Observation, interval: Interval, ledger: Ledger, stored: Instants, rejected: Instants
) -> Iterator[_Hole]:
    expected = seen.calendar.candle_opens(seen.timeframe, interval)
    missing = np.flatnonzero(~np.isin(expected, stored, assume_unique=True))
    for run in np.split(missing, np.flatnonzero(np.diff(missing) != 1) + 1):
        for part in _parts(run, _looked_at(seen, ledger, expected[run]), np.isin(expected[run], rejected)):
            last = int(part[-1])
            end = interval.end if last == len(expected) - 1 else from_us(expected[last + 1])
            yield _Hole(
                Interval(from_us(expected[part[0]]), end),
                missing=len(part),
                was_rejected=bool(np.isin(expected[last], rejected)),
                run=len(run),
                is_first=int(run[0]) == 0,
                is_last=int(run[-1]) == len(expected) - 1,
            )


def _parts(run: Instants, *labels: NDArray[np.generic]) -> list[Instants]:
    # A run is cut wherever what is known of its candles changes, so that each part keeps its own history of looks.
    if not len(run):
        return []
    changes = np.logical_or.reduce([label[1:] != label[:-1] for label in labels])
    return np.split(run, np.flatnonzero(changes) + 1)


def _looked_at(seen: Observation, ledger: Ledger, opens: Instants) -> Instants:
    # For each stamp the earlier gap of this provider it lies in, -1 for none.
    gaps = [gap for gap in ledger.gaps if gap.provider == seen.provider]
    starts = np.array([to_us(gap.interval.start) for gap in gaps], dtype=np.int64)
    ends = np.array([to_us(gap.interval.end) for gap in gaps], dtype=np.int64)
    at = np.searchsorted(starts, opens, side="right") - 1
    inside = (at >= 0) & (opens < ends[np.maximum(at, 0)]) if gaps else np.zeros(len(opens), dtype=bool)
    return np.where(inside, at, -1)


def _explained(seen: Observation, hole: _Hole, ledger: Ledger) -> Gap:
    if hole.was_rejected:
        return _gap(seen, hole, GapReason.REJECTED, f"{seen.evidence}; these candles were set aside")
    if seen.is_unknown:
        return _gap(seen, hole, GapReason.UNKNOWN, f"{seen.provider} knows no such symbol")
    before = (seen.sent and not hole.is_first) or _has_candles(seen, ledger, hole, after=False)
    after = (seen.sent and not hole.is_last) or _has_candles(seen, ledger, hole, after=True)
    if after and not before:
        return _gap(
            seen, hole, GapReason.BEFORE_LISTING, f"{seen.evidence}; its first candle comes after {hole.interval}"
        )
    if before and not after and hole.run >= DELISTED_AFTER:
        return _gap(
            seen, hole, GapReason.AFTER_DELISTING, f"{seen.evidence}; its last candle comes before {hole.interval}"
        )
    return _gap(seen, hole, GapReason.UNKNOWN, f"{seen.evidence}; answered without these candles")


def _has_candles(seen: Observation, ledger: Ledger, hole: _Hole, *, after: bool) -> bool:
    # Whether the ledger accounts for at least one stored candle on that side of the hole.
    for span in ledger.spans:
        beyond = span.interval.start >= hole.interval.end if after else span.interval.end <= hole.interval.start
        if beyond and seen.count(span.interval) > sum(
            gap.missing for gap in ledger.gaps if span.interval.start <= gap.interval.start < span.interval.end
        ):
            return True
    return False


def _failed(seen: Observation, hole: _Hole) -> Gap:
    reason = GapReason.FETCH_FAILED
    if isinstance(seen.failure, NotEntitled):
        reason = GapReason.NOT_ENTITLED
    elif isinstance(seen.failure, BeyondDepth):
        reason = GapReason.BEYOND_PROVIDER_DEPTH
    return _gap(seen, hole, reason, str(seen.failure or "the answer ended early"))


def _is_known(hole: _Hole, ledger: Ledger) -> bool:
    # A failed look takes nothing away from an absence that was observed before.
    return any(
        gap.reason.is_observation
        and gap.interval.start <= hole.interval.start
        and hole.interval.end <= gap.interval.end
        for gap in ledger.gaps
    )


def _gap(seen: Observation, hole: _Hole, reason: GapReason, evidence: str) -> Gap:
    now = seen.observed_at
    return Gap(
        seen.instrument.instrument_id,
        seen.timeframe,
        hole.interval,
        hole.missing,
        reason,
        seen.provider,
        evidence,
        attempts=1,
        first_seen_at=now,
        last_checked_at=now,
        next_check_at=now,
    )
