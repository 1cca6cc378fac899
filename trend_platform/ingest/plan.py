"""The plan: the calls that will be made, and what they cost in quota and time. Pure.

A plan is made from needs (wanted minus settled) and from what the providers at hand offer, in their order. For each
provider the cheapest route by calls is taken: by symbol for a backfill, whole sessions of the market for the nightly
increment, or a mix. The run executes exactly this object; what one provider leaves open is planned again with the next.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from trend_platform.domain.calendars import Instants, from_us, get_calendar
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import PlanRefused
from trend_platform.ingest.grouping import Group, grouped, hull_of
from trend_platform.ingest.needs import Need
from trend_platform.providers.base import CandleRequest, Capabilities, Quota, Route
from trend_platform.wording import span_named

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider can do for the instruments at hand, as plain values.

    Attributes:
        provider: Its name.
        capabilities: What it can be asked, and what that costs.
        reaches: Per instrument id it serves, the earliest stamp it has; `None` reaches back to the listing.
        places: Its place in the order of those who are asked for an asset class; offers of one place keep their order.
        mismatched: Ids of instruments it could serve, on another basis than their series have.
    """

    provider: str
    capabilities: Capabilities
    reaches: Mapping[int, datetime | None]
    places: Mapping[AssetClass, int] = field(default_factory=dict)
    mismatched: frozenset[int] = frozenset()

    def serves(self, instrument: Instrument, timeframe: Timeframe) -> bool:
        """Return whether it has such candles of the instrument, however far back."""
        return instrument.instrument_id in self.reaches and timeframe in self.capabilities.timeframes

    def part_of(self, need: Need, now: datetime) -> Need:
        """Return the part of a need that it can serve at `now`; its spans may be none."""
        if not self.serves(need.instrument, need.timeframe):
            return need.within(Spans())
        start = self.reaches[need.instrument.instrument_id] or need.hull.start
        end = max(start, self._latest(need, now))
        return need.within(Spans((Interval(start, end),)))

    def _latest(self, need: Need, now: datetime) -> datetime:
        if self.capabilities.serves_forming:
            return need.hull.end
        return need.calendar.closed_until(need.timeframe, now - self.capabilities.settling(need.timeframe))


def preferred(offers: Sequence[Offer], instrument: Instrument) -> list[Offer]:
    """Return the offers in the order in which they are asked for an instrument of this class."""
    return sorted(offers, key=lambda offer: offer.places.get(instrument.asset_class, 0))


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One request, to one provider.

    Attributes:
        provider: Who is asked.
        request: What is asked.
        calls: HTTP calls it will take, more than one where it pages.
        candles: Candles the calendar expects from it.
    """

    provider: str
    request: CandleRequest
    calls: int
    candles: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan takes from one provider.

    Attributes:
        provider: Its name.
        calls: Calls.
        candles: Candles expected.
        minutes: How long its quota and its usual speed make it take, in minutes.
        quota: The limit that binds, in words; empty where none does.
    """

    provider: str
    calls: int
    candles: int
    minutes: float
    quota: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be asked of whom.

    Attributes:
        calls: The requests.
        estimates: What they take, by provider.
        unserved: Needs, or parts of them, that no provider at hand can serve.
    """

    calls: tuple[PlannedCall, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    unserved: tuple[Need, ...] = ()

    @property
    def candles(self) -> int:
        """Return how many candles the calendar expects from all calls."""
        return sum(call.candles for call in self.calls)


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """What a plan may take before it is refused, and how much one of its requests asks for.

    Attributes:
        minutes: The longest a run may be expected to take, in minutes.
        candles_per_request: Candles that one request for candles within a day is expected to bring at most, in whole pages:
            what is asked at once is held in memory, stored in one transaction and lost by a crash.
    """

    minutes: float = 24 * 60
    candles_per_request: int = 20_000


def make_plan(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    now: datetime,
    limits: PlanLimits = PlanLimits(),
    refused: frozenset[tuple[str, int]] = frozenset(),
) -> Plan:
    """Return the cheapest plan for `needs`.

    Args:
        needs: What must be asked.
        offers: The providers at hand, the preferred one first where their places do not say otherwise.
        now: The instant the plan is made for.
        limits: What it may take.
        refused: Pairs of provider and instrument id that are not to be asked (again).

    Raises:
        PlanRefused: It cannot finish within `limits`; the message says which provider binds and what would help.
    """
    assigned, unserved = _assign(needs, offers, now, refused)
    size = limits.candles_per_request
    calls = [call for offer in offers for call in _cheapest(offer, assigned.get(offer.provider, []), size)]
    estimates = tuple(_estimate(offer, calls) for offer in offers if offer.provider in assigned)
    _refuse_what_cannot_finish(estimates, limits)
    return Plan(tuple(calls), estimates, tuple(unserved))


def _assign(
    needs: Sequence[Need], offers: Sequence[Offer], now: datetime, refused: frozenset[tuple[str, int]]
) -> tuple[dict[str, list[Need]], list[Need]]:
    assigned: dict[str, list[Need]] = {}
    unserved: list[Need] = []
    for need in needs:
        left = need
        for offer in preferred(offers, need.instrument):
            if not left.spans or (offer.provider, need.instrument.instrument_id) in refused:
                continue
            part = offer.part_of(left, now)
            if part.spans:
                assigned.setdefault(offer.provider, []).append(part)
                left = left.within(Spans(left.spans) - Spans(part.spans))
        if left.spans:
            unserved.append(left)
    return assigned, unserved


def _cheapest(offer: Offer, needs: list[Need], size: int) -> list[PlannedCall]:
    best = _by_symbol(offer, needs, size)
    eligible = [need for need in needs if _has_sessions(offer, need)]
    stamps, misses = _misses_by_session(eligible)
    most = int(misses.max(initial=0))
    for at_least in sorted({1, max(2, most // 2), most}):
        sessions = stamps[misses >= at_least]
        if 0 < len(sessions) < sum(call.calls for call in best):
            mixed = _mixed(offer, needs, _members(eligible, sessions), size)
            best = min(best, mixed, key=lambda calls: sum(call.calls for call in calls))
    return best


def _misses_by_session(needs: Sequence[Need]) -> tuple[Instants, Instants]:
    # Every session that some need lacks, and how many needs lack it: steps up and down along each calendar, summed.
    counts: Counter[int] = Counter()
    for name in {need.instrument.calendar for need in needs}:
        sessions = get_calendar(name).sessions
        steps = np.zeros(len(sessions) + 1, dtype=np.int64)
        for need in needs:
            for span in need.spans if need.instrument.calendar == name else ():
                inside = need.calendar.sessions_in(span)
                first = int(np.searchsorted(sessions, inside[0]))
                steps[first] += 1
                steps[first + len(inside)] -= 1
        lacking = np.cumsum(steps[:-1])
        counts.update({int(sessions[at]): int(lacking[at]) for at in np.flatnonzero(lacking)})
    stamps = np.array(sorted(counts), dtype=np.int64)
    return stamps, np.array([counts[stamp] for stamp in stamps.tolist()], dtype=np.int64)


def _members(needs: Sequence[Need], sessions: Instants) -> dict[int, list[Need]]:
    members: dict[int, list[Need]] = {int(stamp): [] for stamp in sessions}
    for need in needs:
        stamps = np.concatenate([need.calendar.sessions_in(span) for span in need.spans])
        for stamp in np.intersect1d(stamps, sessions, assume_unique=True).tolist():
            members[stamp].append(need)
    return members


def _has_sessions(offer: Offer, need: Need) -> bool:
    return need.timeframe is Timeframe.D1 and need.instrument.asset_class in offer.capabilities.by_session


def _by_symbol(offer: Offer, needs: Iterable[Need], size: int) -> list[PlannedCall]:
    return [_call(offer, group) for group in grouped(offer.capabilities, needs, size)]


def _call(offer: Offer, group: Group) -> PlannedCall:
    interval = hull_of(group)
    candles = sum(piece.need.count(interval) for piece in group)
    instruments = tuple({piece.need.instrument.instrument_id: piece.need.instrument for piece in group}.values())
    request = CandleRequest(Route.BY_SYMBOL, instruments, group[0].need.timeframe, interval)
    per_call = offer.capabilities.candles_per_call
    return PlannedCall(offer.provider, request, max(1, math.ceil(candles / per_call)) if per_call else 1, candles)


def _mixed(offer: Offer, needs: Sequence[Need], sessions: Mapping[int, Sequence[Need]], size: int) -> list[PlannedCall]:
    calls = []
    for stamp, missing in sorted(sessions.items()):
        interval = Interval(from_us(stamp), from_us(stamp) + DAY)
        request = CandleRequest(Route.BY_SESSION, tuple(need.instrument for need in missing), Timeframe.D1, interval)
        calls.append(PlannedCall(offer.provider, request, 1, len(missing)))
    whole_days = Spans.of(call.request.interval for call in calls)
    rest = [need.within(Spans(need.spans) - whole_days) if _has_sessions(offer, need) else need for need in needs]
    return calls + _by_symbol(offer, [need for need in rest if need.spans], size)


def _estimate(offer: Offer, calls: Sequence[PlannedCall]) -> Estimate:
    mine = [call for call in calls if call.provider == offer.provider]
    count = sum(call.calls for call in mine)
    capabilities = offer.capabilities
    seconds, binding = count * capabilities.seconds_per_call / capabilities.concurrency, ""
    for quota in capabilities.quotas:
        # The first window is free: its calls go out at once, and only each further window must be waited for.
        waits = max(0, math.ceil(count * capabilities.weight_per_call / quota.weight) - 1) * quota.period_seconds
        if waits > seconds:
            seconds, binding = waits, _in_words(quota, capabilities.weight_per_call)
    return Estimate(offer.provider, count, sum(call.candles for call in mine), round(seconds / 60, 2), binding)


def _in_words(quota: Quota, weight_per_call: float) -> str:
    call = "call" if quota.weight == 1 else "calls"
    unit = call if weight_per_call == 1 else "weight"
    return f"{quota.weight:,g} {unit} per {span_named(quota.period_seconds)}"


def _refuse_what_cannot_finish(estimates: Iterable[Estimate], limits: PlanLimits) -> None:
    for estimate in estimates:
        if estimate.minutes > limits.minutes:
            raise PlanRefused(
                f"{estimate.provider} would need {estimate.calls} calls and about {estimate.minutes:.0f} minutes "
                f"({estimate.quota or 'its usual speed'}), more than the {limits.minutes:.0f} allowed: ask for fewer symbols or "
                f"a shorter range, raise TREND_PROVIDERS__{estimate.provider.upper()}__RATE_PER_MINUTE if your plan allows more, "
                "or put another provider first in TREND_PROVIDERS"
            )
