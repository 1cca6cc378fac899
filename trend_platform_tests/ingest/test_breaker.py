"""A provider that fails is left alone, tried again by one question, and asked on by whoever has nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.domain.breakers import BreakerPolicy
from trend_platform.domain.capability import Capability
from trend_platform.domain.clock import ManualClock
from trend_platform.errors import AuthFailed, CircuitOpen, NothingThere, ProviderError, QuotaExhausted, Transient
from trend_platform.ingest.breaker import Asked, Breakers
from trend_platform.providers.watching import tell_attempt
from trend_platform.storage.trips import LocalTrips

DAILY, LATEST = Capability.DAILY, Capability.LATEST


class Deaf:
    def attempted(self, seconds: float, failure: ProviderError | None) -> None:
        pass


def down() -> Transient:
    return Transient("p", "answered 503")


@dataclass
class Bench:
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 3, 4, 12, tzinfo=UTC)))
    trips: LocalTrips = field(default_factory=LocalTrips)
    asked: int = 0

    def __post_init__(self) -> None:
        self.breakers = self.another_process()

    def another_process(self) -> Breakers:
        return Breakers(self.trips, BreakerPolicy(failures=3, probe_within=timedelta(seconds=0.2)))

    async def ask(
        self,
        outcome: ProviderError | None = None,
        *,
        capability: Capability = DAILY,
        is_replaceable: bool = True,
        question: Callable[[], Awaitable[str]] | None = None,
        breakers: Breakers | None = None,
    ) -> str:
        async def answer() -> str:
            self.asked += 1
            tell_attempt(0.1, outcome)
            if outcome is not None:
                raise outcome
            return "candles"

        mine = breakers or self.breakers
        asked = Asked("p", capability, is_replaceable, Deaf())
        return await mine.ask(asked, question or answer, lambda _: None, self.clock)

    async def fails(self, outcome: ProviderError, times: int = 1, **options: object) -> None:
        for _ in range(times):
            with pytest.raises(type(outcome)):
                await self.ask(outcome, **options)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_after_some_failures_in_a_row_nothing_is_sent_any_more(bench: Bench):
    await bench.fails(down(), 2)
    with pytest.raises(CircuitOpen):
        # The third failure opens the breaker under the question itself, which is called off.
        await bench.ask(down(), question=_failing_slowly)
    asked = bench.asked
    with pytest.raises(CircuitOpen, match=r"p: left alone until 2026-03-04 12:00:30 UTC: 3 failures in a row"):
        await bench.ask()
    assert bench.asked == asked


async def _failing_slowly() -> str:
    tell_attempt(0.1, down())
    await asyncio.sleep(60)
    raise AssertionError("it should have been called off")


async def test_a_success_in_between_begins_the_count_anew(bench: Bench):
    await bench.fails(down(), 2)
    await bench.ask()
    await bench.fails(down(), 2)
    assert await bench.ask() == "candles"


async def test_questions_under_way_are_called_off_with_the_attempts_they_made(bench: Bench):
    async def hanging() -> str:
        tell_attempt(0.1, down())
        await asyncio.sleep(60)
        return "never"

    asked = [bench.ask(question=hanging) for _ in range(3)]
    errors = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), timeout=5)
    assert [type(error) for error in errors] == [CircuitOpen] * 3
    assert sum(error.calls for error in errors) == 3


async def test_a_caller_who_goes_away_takes_the_question_along(bench: Bench):
    ended = asyncio.Event()

    async def hanging() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return "never"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await bench.ask(question=hanging)
    assert ended.is_set()


async def opened(bench: Bench) -> None:
    for _ in range(3):
        with pytest.raises(ProviderError):
            await bench.ask(down())


async def test_each_capability_has_a_breaker_of_its_own(bench: Bench):
    await opened(bench)
    assert await bench.ask(capability=LATEST) == "candles"


async def test_splits_are_asked_of_the_next_one_sooner(bench: Bench):
    for _ in range(2):
        with pytest.raises(ProviderError):
            await bench.ask(down(), capability=Capability.SPLITS)
    with pytest.raises(CircuitOpen):
        await bench.ask(capability=Capability.SPLITS)


async def test_whoever_has_nobody_else_goes_on_asking(bench: Bench):
    await bench.fails(down(), 20, is_replaceable=False)
    assert bench.trips.of("p", DAILY) is None
    await opened(bench)
    assert await bench.ask(is_replaceable=False) == "candles"
    assert bench.trips.of("p", DAILY) is None, "an answer closes the breaker for all"


async def test_a_refused_key_stops_even_those(bench: Bench):
    await bench.fails(AuthFailed("p", "unknown key"), is_replaceable=False)
    with pytest.raises(CircuitOpen, match="unknown key"):
        await bench.ask(is_replaceable=False)


async def test_after_the_rest_one_question_probes_and_the_others_wait_for_it(bench: Bench):
    await opened(bench)
    bench.clock.advance(timedelta(seconds=31))
    under_way = most = 0

    async def slow() -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way) if bench.trips.of("p", DAILY) else most
        await asyncio.sleep(0.05)
        under_way -= 1
        tell_attempt(0.05, None)
        return "candles"

    answers = await asyncio.gather(*(bench.ask(question=slow) for _ in range(5)))
    assert (answers, most) == (["candles"] * 5, 1)
    assert bench.trips.of("p", DAILY) is None


async def test_a_probe_that_fails_rests_twice_as_long(bench: Bench):
    await opened(bench)
    bench.clock.advance(timedelta(seconds=31))
    with pytest.raises(CircuitOpen):
        await bench.ask(question=_failing_slowly)
    bench.clock.advance(timedelta(seconds=45))
    with pytest.raises(CircuitOpen, match="left alone until 2026-03-04 12:01:31"):
        await bench.ask()


async def test_a_probe_that_hangs_counts_as_failed(bench: Bench):
    await opened(bench)
    bench.clock.advance(timedelta(seconds=31))

    async def hanging() -> str:
        await asyncio.sleep(60)
        return "never"

    with pytest.raises(ProviderError):
        await asyncio.wait_for(bench.ask(question=hanging), timeout=5)
    assert bench.trips.of("p", DAILY).openings == 2


async def test_that_a_symbol_is_unknown_shows_that_the_provider_is_back(bench: Bench):
    await opened(bench)
    bench.clock.advance(timedelta(seconds=31))
    await bench.fails(NothingThere("p", "no such symbol"))
    assert bench.trips.of("p", DAILY) is None


async def test_what_one_process_has_learnt_the_others_know(bench: Bench):
    await opened(bench)
    with pytest.raises(CircuitOpen):
        await bench.ask(breakers=bench.another_process())


async def test_a_quota_refused_before_anything_was_sent_says_nothing_of_the_next_symbol(bench: Bench):
    async def refused_here() -> str:
        raise QuotaExhausted("p", "another symbol would be one too many", 86400.0)

    for _ in range(10):
        with pytest.raises(QuotaExhausted):
            await bench.ask(question=refused_here)
    assert await bench.ask() == "candles"
