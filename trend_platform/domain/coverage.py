"""Coverage: which candles a calendar expects, which are there, and why the others are not.

Pure values and rules. A span is what a provider has answered for; inside the spans of a series every expected candle
is either stored or lies in a gap with a reason. What a provider says for the first time is provisional; it is believed
after a second look at a distance, and belief expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe


class GapReason(StrEnum):
    """Why expected candles are not there."""

    BEFORE_LISTING = "before_listing"
    AFTER_DELISTING = "after_delisting"
    NO_TRADES = "no_trades"
    VENUE_OUTAGE = "venue_outage"
    BEYOND_PROVIDER_DEPTH = "beyond_provider_depth"
    NOT_ENTITLED = "not_entitled"
    FETCH_FAILED = "fetch_failed"
    FEED_DOWN = "feed_down"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def explains(self) -> bool:
        """Whether the reason accounts for the hole; a failed fetch, a bad candle or an unknown cause leaves it open."""
        return self not in {GapReason.FETCH_FAILED, GapReason.FEED_DOWN, GapReason.REJECTED, GapReason.UNKNOWN}

    @property
    def is_observation(self) -> bool:
        """Whether a provider answered and had nothing, so that a second look can turn it into belief."""
        return (self.explains and self is not GapReason.NOT_ENTITLED) or self is GapReason.UNKNOWN


@dataclass(frozen=True, slots=True)
class BeliefPolicy:
    """When an observed absence is believed, and for how long.

    Attributes:
        second_look_after: A look earlier than this after the first one confirms nothing.
        provisional_retry_after: When a provisional gap is due again.
        belief_lasts: When a believed gap is looked at again.
        not_entitled_lasts: How long a refusal by the provider's plan is taken for granted.
    """

    second_look_after: timedelta = timedelta(hours=6)
    provisional_retry_after: timedelta = timedelta(hours=12)
    belief_lasts: timedelta = timedelta(days=30)
    not_entitled_lasts: timedelta = timedelta(days=1)

    def wait_after(self, reason: GapReason) -> timedelta:
        """Return how long to wait before asking again for what no second look can confirm."""
        waits = {GapReason.NOT_ENTITLED: self.not_entitled_lasts, GapReason.REJECTED: self.provisional_retry_after}
        return waits.get(reason, timedelta(0))


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive expected candles of one series that are not there.

    Attributes:
        instrument_id: The instrument.
        timeframe: The series.
        interval: From the first missing candle's stamp up to the next expected candle's stamp.
        missing: How many expected candles lie in it; at least one.
        reason: Why they are not there.
        provider: Who was asked.
        evidence: What was observed, in words.
        attempts: Looks so far.
        first_seen_at: When it was first observed.
        last_checked_at: When it was last looked at.
        next_check_at: From when on it is worth asking again.
        is_believed: Whether a second look at a distance has confirmed it.
    """

    instrument_id: int
    timeframe: Timeframe
    interval: Interval
    missing: int
    reason: GapReason
    provider: str
    evidence: str
    attempts: int
    first_seen_at: datetime
    last_checked_at: datetime
    next_check_at: datetime
    is_believed: bool = False

    def is_due(self, now: datetime) -> bool:
        """Return whether it should be asked again at `now`."""
        return self.next_check_at <= now


@dataclass(frozen=True, slots=True)
class Span:
    """What a provider has answered for, in one series.

    Attributes:
        instrument_id: The instrument.
        timeframe: The series.
        interval: The part of the series that is accounted for: only candles that were over when it was asked.
        provider: Who answered.
        asked_at: When.
    """

    instrument_id: int
    timeframe: Timeframe
    interval: Interval
    provider: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known of one series.

    Attributes:
        spans: What is accounted for; spans of one series do not overlap.
        gaps: What is missing inside and, for failed calls, outside of the spans; gaps do not overlap.
    """

    spans: tuple[Span, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def covered(self) -> Spans:
        """Return the accounted part of the series."""
        return Spans.of(span.interval for span in self.spans)

    def settled(self, now: datetime) -> Spans:
        """Return what needs no asking at `now`: the covered part without its gaps that are due again."""
        due = Spans.of(gap.interval for gap in self.gaps if gap.is_due(now))
        waiting = Spans.of(gap.interval for gap in self.gaps if not gap.is_due(now))
        return (self.covered - due) | waiting


def observe(seen: Gap, before: Sequence[Gap], policy: BeliefPolicy) -> Gap:
    """Return the gap `seen` now, with what earlier looks at the same place by the same provider add to it.

    A second look at a distance turns an observation into belief: an `unknown` hole in which the provider has twice
    had nothing becomes `no_trades`. Otherwise it stays provisional and is due again soon.
    """
    now = seen.last_checked_at
    if not seen.reason.is_observation:
        attempts = 1 + max((gap.attempts for gap in before if gap.interval & seen.interval), default=0)
        return replace(seen, attempts=attempts, next_check_at=now + policy.wait_after(seen.reason))
    earlier = [gap for gap in before if gap.provider == seen.provider and gap.interval & seen.interval]
    seen = _still_out(seen, earlier)
    attempts = 1 + max((gap.attempts for gap in earlier), default=0)
    first = _first_look(seen, [gap for gap in earlier if gap.reason.is_observation])
    believed = now - first >= policy.second_look_after
    if not believed:
        return replace(seen, attempts=attempts, first_seen_at=first, next_check_at=now + policy.provisional_retry_after)
    reason = GapReason.NO_TRADES if seen.reason is GapReason.UNKNOWN else seen.reason
    return replace(
        seen,
        reason=reason,
        attempts=attempts,
        first_seen_at=first,
        next_check_at=now + policy.belief_lasts,
        is_believed=True,
    )


def _still_out(seen: Gap, earlier: Sequence[Gap]) -> Gap:
    # That the whole venue stood still was found out once; looking at one market again does not take it back.
    is_out = seen.reason is GapReason.UNKNOWN and bool(earlier)
    if is_out and all(gap.reason is GapReason.VENUE_OUTAGE for gap in earlier):
        return replace(seen, reason=GapReason.VENUE_OUTAGE, evidence=earlier[0].evidence)
    return seen


def _first_look(seen: Gap, earlier: Sequence[Gap]) -> datetime:
    # All of the place must have been looked at before, be it in parts: then the youngest first look counts.
    if Spans((seen.interval,)) - Spans.of(gap.interval for gap in earlier):
        return seen.last_checked_at
    return max((gap.first_seen_at for gap in earlier), default=seen.last_checked_at)
