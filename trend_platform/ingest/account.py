"""Accounting: after an answer is stored, every candle that was asked for is either there or in a gap with a reason.

Pure. The calendar says what was expected, the store says what is there (whoever brought it), the answer says what was
observed. A hole is never explained from what happens to be stored: the reason comes from what the provider answered.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from trend_platform.domain.calendars import Instants, from_us
from trend_platform.domain.coverage import BeliefPolicy, Gap, GapReason, Ledger, Span, observe
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import forgotten, record
from trend_platform.errors import BeyondDepth, NotEntitled
from trend_platform.ingest.holes import Hole, Observation, holes, looked_at

# So many sessions without a candle up to the end of an answer look like a delisting rather than like a late provider.
DELISTED_AFTER = 20


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
    ledger = forgotten(ledger, _unsettled(seen, ledger, stored), seen.count)
    answered = _before(seen.answered, seen.settled_until)
    failed = Interval(max(answered.end, settled.start), max(answered.end, settled.end))
    near = _near(ledger, seen.asked)
    found = [(hole, _later_look(seen, hole, near)) for hole in holes(seen, answered, near, stored, rejected)]
    gaps = [_explained(seen, hole, ledger) for hole, later in found if later is None]
    gaps += [
        _failed(seen, hole)
        for hole in holes(seen, failed, near, stored, rejected, by_anyone=True)
        if not _is_known(hole, near)
    ]
    kept = [later for _, later in found if later is not None]
    return _recorded(seen, ledger, _spans(seen, ledger, answered), gaps, policy, kept)


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
    nothing = np.empty(0, dtype=np.int64)
    found = holes(seen, seen.asked, ledger, stored, nothing, by_anyone=True)
    gaps = [_gap(seen, hole, reason, seen.evidence) for hole in found if not _is_known(hole, ledger)]
    return _recorded(seen, ledger, [], gaps, policy)


def _near(ledger: Ledger, interval: Interval) -> Ledger:
    # A year of minutes may have a hundred thousand gaps; an answer is held against those it can meet.
    gaps = ledger.gaps
    first = bisect_right(gaps, interval.start, key=lambda gap: gap.interval.end)
    last = bisect_left(gaps, interval.end, key=lambda gap: gap.interval.start)
    return replace(ledger, gaps=gaps[first:last])


def _unsettled(seen: Observation, ledger: Ledger, stored: Instants) -> Spans:
    # A hole of a provider that settles early, filled by one that settles later: a row, but not yet one to rely on.
    tail = Interval(min(max(seen.asked.start, seen.settled_until), seen.asked.end), seen.asked.end)
    opens = seen.calendar.candle_opens(seen.timeframe, tail)
    filled = np.isin(opens, stored) & (looked_at(ledger.gaps, opens) >= 0)
    bounds = [*map(from_us, opens), tail.end]
    return Spans.of(Interval(bounds[at], bounds[at + 1]) for at in np.flatnonzero(filled))


def _recorded(
    seen: Observation,
    ledger: Ledger,
    spans: list[Span],
    gaps: list[Gap],
    policy: BeliefPolicy,
    kept: Sequence[Gap] = (),
) -> Ledger:
    return record(ledger, spans, [*(_observed(gap, ledger, policy) for gap in gaps), *kept], seen.count)


def _observed(gap: Gap, ledger: Ledger, policy: BeliefPolicy) -> Gap:
    return observe(gap, _near(ledger, gap.interval).gaps, policy)


def _spans(seen: Observation, ledger: Ledger, answered: Interval) -> list[Span]:
    # Where somebody has looked after this observation was made, that look keeps its name and its time.
    later = [
        replace(span, interval=part)
        for span in ledger.spans
        if span.asked_at > seen.observed_at and (part := span.interval & answered)
    ]
    rest = Spans((answered,)) - Spans.of(span.interval for span in later)
    mine = [Span(seen.instrument.instrument_id, seen.timeframe, part, seen.provider, seen.observed_at) for part in rest]
    return [*later, *(span for span in mine if span.interval)]


def _later_look(seen: Observation, hole: Hole, ledger: Ledger) -> Gap | None:
    # An answer that is read again, or told late, does not take back what was observed after it.
    for gap in ledger.gaps:
        is_inside = gap.interval.start <= hole.interval.start and hole.interval.end <= gap.interval.end
        if is_inside and gap.last_checked_at > seen.observed_at and gap.reason.is_observation:
            return replace(gap, interval=hole.interval, missing=hole.missing)
    return None


def _before(interval: Interval, bound: datetime) -> Interval:
    return Interval(interval.start, max(interval.start, min(interval.end, bound)))


def _explained(seen: Observation, hole: Hole, ledger: Ledger) -> Gap:
    if hole.was_rejected:
        return _gap(seen, hole, GapReason.REJECTED, f"{seen.evidence}; these candles were set aside")
    if seen.is_unknown:
        return _gap(seen, hole, GapReason.UNKNOWN, f"{seen.provider} knows no such symbol")
    if hole.is_usual:
        return _gap(seen, hole, GapReason.NO_TRADES, f"{seen.evidence}; silences as long as this are usual around it")
    before = (seen.sent and not hole.is_first) or _has_candles(seen, ledger, hole, after=False)
    after = (seen.sent and not hole.is_last) or _has_candles(seen, ledger, hole, after=True)
    if after and not before and (not seen.timeframe.is_intraday or _lasts(seen, hole)):
        return _gap(
            seen, hole, GapReason.BEFORE_LISTING, f"{seen.evidence}; its first candle comes after {hole.interval}"
        )
    if before and not after and _lasts(seen, hole):
        return _gap(
            seen, hole, GapReason.AFTER_DELISTING, f"{seen.evidence}; its last candle comes before {hole.interval}"
        )
    return _gap(seen, hole, GapReason.UNKNOWN, f"{seen.evidence}; answered without these candles")


def _lasts(seen: Observation, hole: Hole) -> bool:
    # Within a day silence says little: an hour without a trade is no listing, twenty of them are no delisting.
    sessions = len(seen.calendar.sessions_in(hole.interval)) if seen.timeframe.is_intraday else hole.run
    return sessions >= DELISTED_AFTER


def _has_candles(seen: Observation, ledger: Ledger, hole: Hole, *, after: bool) -> bool:
    # Whether the ledger accounts for at least one stored candle on that side of the hole.
    for span in ledger.spans:
        beyond = span.interval.start >= hole.interval.end if after else span.interval.end <= hole.interval.start
        if beyond and seen.count(span.interval) > sum(
            gap.missing for gap in ledger.gaps if span.interval.start <= gap.interval.start < span.interval.end
        ):
            return True
    return False


def _failed(seen: Observation, hole: Hole) -> Gap:
    reason = GapReason.FETCH_FAILED
    if isinstance(seen.failure, NotEntitled):
        reason = GapReason.NOT_ENTITLED
    elif isinstance(seen.failure, BeyondDepth):
        reason = GapReason.BEYOND_PROVIDER_DEPTH
    return _gap(seen, hole, reason, str(seen.failure or "the answer ended early"))


def _is_known(hole: Hole, ledger: Ledger) -> bool:
    # A failed look takes nothing away from an absence that was observed before.
    return any(
        gap.reason.is_observation
        and gap.interval.start <= hole.interval.start
        and hole.interval.end <= gap.interval.end
        for gap in ledger.gaps
    )


def _gap(seen: Observation, hole: Hole, reason: GapReason, evidence: str) -> Gap:
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
