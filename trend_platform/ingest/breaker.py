"""Circuit breakers: a provider that fails again and again is left alone, and one question tries whether it is back.

There is one breaker for each provider and capability. The rules are `domain.breakers`, the memory that processes share is
a `Trips`; what is kept here are the failures counted and the questions under way in this process.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Final, TypeVar

from trend_platform.domain.breakers import BreakerPolicy, Trip, is_final, is_sick, trip_after
from trend_platform.domain.capability import Capability
from trend_platform.domain.clock import Clock
from trend_platform.errors import CircuitOpen, ProviderError, QuotaExhausted, Transient
from trend_platform.providers.watching import Watch, watched_by
from trend_platform.storage.trips import LocalTrips, Trips

log = logging.getLogger(__name__)

Reply = TypeVar("Reply")
Key = tuple[str, Capability]

# Whoever waits for another one's probe looks this often whether it has ended, in seconds.
_PROBE_LOOK_SECONDS: Final = 0.05
_FEW_FAILURES: Final = 2
# A closed breaker is believed to be closed for so long, since another process may have opened it.
_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to one provider, as its breaker sees it.

    Attributes:
        provider: Its name.
        capability: What kind of question.
        is_replaceable: Whether somebody else can be asked instead: only then are faults that pass a reason to stop.
        watch: Told of each attempt.
    """

    provider: str
    capability: Capability
    is_replaceable: bool
    watch: Watch

    @property
    def key(self) -> Key:
        """Return which breaker it goes through."""
        return self.provider, self.capability


class Breakers:
    """The breakers of one process; used in one event loop at a time.

    Args:
        trips: Where open breakers are remembered; by default nobody else learns of them.
        policy: How soon they open.
    """

    def __init__(self, trips: Trips | None = None, policy: BreakerPolicy | None = None) -> None:
        self.trips: Trips = trips or LocalTrips()
        self.policy = policy or BreakerPolicy()
        self._failures: Counter[Key] = Counter()
        self._closed_at: dict[Key, float] = {}
        self._under_way: dict[Key, set[_Attendance]] = {}

    def resting(self, providers: Sequence[str], capability: Capability, now: datetime) -> Mapping[str, Trip]:
        """Return which of these are left alone at `now`, and why."""
        trips = {provider: self.trips.of(provider, capability) for provider in providers}
        return {provider: trip for provider, trip in trips.items() if trip and now < trip.until}

    async def ask(
        self,
        asked: Asked,
        question: Callable[[], Awaitable[Reply]],
        failure_in: Callable[[Reply], ProviderError | None],
        clock: Clock,
    ) -> Reply:
        """Ask, unless the provider is left alone.

        Args:
            asked: Who is asked for what.
            question: Asks.
            failure_in: Returns the failure that a reply tells of, `None` if it is whole.
            clock: The time.

        Raises:
            CircuitOpen: It is left alone, or the question was called off because others found it failing.
            ProviderError: The question failed.
        """
        while trip := await self._trip(asked.key):
            if trip.passes and not asked.is_replaceable:
                break
            if clock.now() < trip.until:
                raise _left_alone(asked.provider, trip)
            if await asyncio.to_thread(self.trips.may_probe, *asked.key, self.policy.probe_within):
                return await self._probe(asked, question, failure_in, clock, trip)
            await asyncio.sleep(_PROBE_LOOK_SECONDS)
        return await self._attend(_Attendance(self, asked, clock, trip), question, failure_in)

    async def _trip(self, key: Key) -> Trip | None:
        if monotonic() - self._closed_at.get(key, float("-inf")) < _LOOK_SECONDS:
            return None
        trip = await asyncio.to_thread(self.trips.of, *key)
        if trip is None:
            self._closed_at[key] = monotonic()
        return trip

    async def _probe(
        self,
        asked: Asked,
        question: Callable[[], Awaitable[Reply]],
        failure_in: Callable[[Reply], ProviderError | None],
        clock: Clock,
        trip: Trip,
    ) -> Reply:
        attendance = _Attendance(self, asked, clock, trip, is_probe=True)
        within = self.policy.probe_within.total_seconds()

        async def in_time() -> Reply:
            try:
                async with asyncio.timeout(within):
                    return await question()
            except TimeoutError:
                raise Transient(asked.provider, f"no answer to a probe within {within:g} s") from None

        return await self._attend(attendance, in_time, failure_in)

    async def _attend(
        self,
        attendance: "_Attendance",
        question: Callable[[], Awaitable[Reply]],
        failure_in: Callable[[Reply], ProviderError | None],
    ) -> Reply:
        async def watched() -> Reply:
            with watched_by(attendance):
                return await question()

        under_way = self._under_way.setdefault(attendance.asked.key, set())
        attendance.task = task = asyncio.create_task(watched())
        under_way.add(attendance)
        try:
            reply = await task
        except asyncio.CancelledError:
            if attendance.called_off is None:
                raise
            error = _left_alone(attendance.asked.provider, attendance.called_off)
            error.calls = attendance.attempts
            raise error from None
        except ProviderError as error:
            attendance.ended(error)
            raise
        finally:
            under_way.discard(attendance)
        attendance.ended(failure_in(reply))
        return reply

    def failed(self, asked: Asked, error: ProviderError, now: datetime, before: Trip | None) -> Trip | None:
        """Count a failure; where it opens the breaker, call off what is under way and can be asked of somebody else.

        Return the trip, `None` while the breaker stays closed.

        Args:
            asked: The question that failed.
            error: How.
            now: When.
            before: The trip it was to probe, `None` if it was no probe.
        """
        self._failures[asked.key] += 1
        trip = trip_after(error, self._failures[asked.key], before, now, self._policy_of(asked.capability))
        if trip is None:
            return None
        self.trips.open(*asked.key, trip)
        self._failures[asked.key] = 0
        self._closed_at.pop(asked.key, None)
        until = f"{trip.until:%Y-%m-%d %H:%M:%S} UTC"
        log.warning("%s is left alone for %s until %s: %s", *asked.key, until, trip.reason)
        for attendance in tuple(self._under_way.get(asked.key, ())):
            attendance.call_off(trip)
        return trip

    def _policy_of(self, capability: Capability) -> BreakerPolicy:
        # Candles wait for splits, and whoever tells those tells the same.
        few = capability is Capability.SPLITS
        return replace(self.policy, failures=min(_FEW_FAILURES, self.policy.failures)) if few else self.policy

    def succeeded(self, asked: Asked, before: Trip | None) -> None:
        """Note that the provider is well; a breaker that was open closes."""
        self._failures[asked.key] = 0
        if before is not None:
            self.trips.close(*asked.key)
            log.info("%s is back for %s", *asked.key)


class _Attendance:
    # Watches one question: each attempt counts at once, so that a provider that is down is known before all retries are over.
    def __init__(
        self, breakers: Breakers, asked: Asked, clock: Clock, trip: Trip | None, *, is_probe: bool = False
    ) -> None:
        self.asked, self.attempts = asked, 0
        self.task: asyncio.Task[object] | None = None
        self.called_off: Trip | None = None
        self._breakers, self._clock, self._trip, self._is_probe = breakers, clock, trip, is_probe

    def attempted(self, seconds: float, failure: ProviderError | None) -> None:
        self.attempts += 1
        self.asked.watch.attempted(seconds, failure)
        if failure is None or not is_sick(failure):
            self._succeeded()
        elif isinstance(failure, Transient) and self._counts(failure):
            self._failed(failure)

    def ended(self, failure: ProviderError | None) -> None:
        if isinstance(failure, QuotaExhausted) and not self.attempts:
            return  # nothing was sent: refused here, and perhaps for this symbol alone
        if failure is None or not is_sick(failure):
            self._succeeded()
        elif self._counts(failure) and not (isinstance(failure, Transient) and self.attempts):
            self._failed(failure)

    def call_off(self, trip: Trip) -> None:
        if self.asked.is_replaceable and self.task is not None:
            self.called_off = trip
            self.task.cancel()

    def _counts(self, failure: ProviderError) -> bool:
        # Whoever has nobody else goes on asking through faults that pass.
        return self.asked.is_replaceable or self._is_probe or is_final(failure)

    def _failed(self, failure: ProviderError) -> None:
        before = self._trip if self._is_probe else None
        self._trip = self._breakers.failed(self.asked, failure, self._clock.now(), before) or self._trip
        self._is_probe = False

    def _succeeded(self) -> None:
        before, self._trip = self._trip, None
        self._breakers.succeeded(self.asked, before)


def _left_alone(provider: str, trip: Trip) -> CircuitOpen:
    return CircuitOpen(provider, f"left alone until {trip.until:%Y-%m-%d %H:%M:%S} UTC: {trip.reason}")
