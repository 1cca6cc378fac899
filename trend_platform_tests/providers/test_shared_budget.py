"""Limiters on a budget of many processes: one question for a crowd, credentials in turn, and what happens without it."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from trend_platform.domain.budgets import Correction, Grant, Standing, Window
from trend_platform.errors import QuotaExhausted, RateLimited
from trend_platform.providers.budgets import LocalBudget
from trend_platform.providers.limits import AloneNotice, BudgetLimiter
from trend_platform_tests.providers.network import FakeTime

FIVE = (Window(5, 60.0),)


@dataclass
class Company:
    """A budget of many processes that can go away, and remembers what it was asked."""

    inner: LocalBudget
    is_away: bool = False
    slowness: float = 0.0
    batches: list[list[float]] = field(default_factory=list)
    refunds: list[float] = field(default_factory=list)
    corrections: list[tuple[int, list[Correction], float]] = field(default_factory=list)

    def reserve(self, weights: Sequence[float], longest_rest_seconds: float) -> Sequence[Grant] | None:
        time.sleep(self.slowness)
        self.batches.append(list(weights))
        return None if self.is_away else self.inner.reserve(weights, longest_rest_seconds)

    def refund(self, weight: float, grant: Grant) -> None:
        self.refunds.append(weight)
        self.inner.refund(weight, grant)

    def correct(self, credential: int, corrections: Sequence[Correction], rest_seconds: float) -> None:
        self.corrections.append((credential, list(corrections), rest_seconds))
        self.inner.correct(credential, corrections, rest_seconds)

    def standing(self) -> Sequence[Standing] | None:
        return None if self.is_away else self.inner.standing()


@dataclass
class Bench:
    """A limiter, the budget it shares, and the time of both."""

    windows: Sequence[Window] = FIVE
    credentials: int = 1
    notice: AloneNotice = field(default_factory=AloneNotice)
    time: FakeTime = field(default_factory=FakeTime)

    def __post_init__(self) -> None:
        self.company = Company(LocalBudget(self.windows, self.credentials, self.time.timer))
        self.limiter = self.another()

    def another(self) -> BudgetLimiter:
        return BudgetLimiter(
            "fake",
            self.windows,
            credentials=self.credentials,
            shared=self.company,
            longest_rest_seconds=60.0,
            notice=self.notice,
            timer=self.time.timer,
            sleep=self.time.sleep,
        )


async def test_two_limiters_on_one_budget_share_it() -> None:
    bench = Bench()
    limiters = (bench.limiter, bench.another())
    waits = [(await limiters[number % 2].acquire()).waited_seconds for number in range(6)]
    assert waits == [0, 0, 0, 0, 0, 60]


async def test_a_crowd_asks_together() -> None:
    bench = Bench((Window(100, 60.0),))
    bench.company.slowness = 0.02
    await asyncio.gather(*(bench.limiter.acquire() for _ in range(50)))
    assert sum(map(len, bench.company.batches)) == 50
    assert len(bench.company.batches) <= 3


async def test_a_caller_that_gives_up_while_it_asks_gives_its_turn_back() -> None:
    bench = Bench()
    bench.company.slowness = 0.05
    crowd = [asyncio.create_task(bench.limiter.acquire()) for _ in range(5)]
    await asyncio.sleep(0.01)
    crowd[2].cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert bench.company.refunds == [1]
    assert (await bench.limiter.acquire()).waited_seconds == 0


async def test_a_caller_that_gives_up_while_it_waits_gives_its_turn_back() -> None:
    bench = Bench()
    for _ in range(5):
        await bench.limiter.acquire()
    impatient = BudgetLimiter("fake", FIVE, shared=bench.company, timer=bench.time.timer)
    waiting = asyncio.create_task(impatient.acquire())
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert bench.company.refunds == [1]


async def test_credentials_take_turns() -> None:
    bench = Bench(credentials=3)
    turns = [await bench.limiter.acquire() for _ in range(15)]
    assert {turn.waited_seconds for turn in turns} == {0}
    assert sorted(turn.credential for turn in turns) == sorted([0, 1, 2] * 5)


async def test_a_refused_credential_rests_for_all_that_share_it() -> None:
    bench = Bench(credentials=2)
    await bench.limiter.observed({}, credential=0, rest_seconds=30.0)
    assert {(await bench.another().acquire()).credential for _ in range(5)} == {1}
    assert (await bench.another().acquire()).waited_seconds == 30


async def test_a_provider_that_asked_for_a_long_rest_is_left_alone_by_all_and_nobody_hangs() -> None:
    bench = Bench()
    await bench.limiter.observed({}, rest_seconds=300.0)
    with pytest.raises(RateLimited, match="left alone for another 300 s; nothing was sent") as caught:
        await bench.another().acquire()
    assert caught.value.retry_after_seconds == 300
    bench.time.seconds += 250
    assert (await bench.another().acquire()).waited_seconds == 50


async def test_an_allowance_that_is_used_up_for_hours_is_said_instead_of_waited_for() -> None:
    bench = Bench((Window(1, 86_400.0),))
    await bench.limiter.acquire()
    with pytest.raises(QuotaExhausted, match=r"used up for another 24\.0 h; nothing was sent") as caught:
        await bench.limiter.acquire()
    assert caught.value.retry_after_seconds == 86_400


async def test_headers_correct_the_shared_budget() -> None:
    bench = Bench()
    await bench.limiter.observed({"x-ratelimit-limit": "5", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "20"})
    (standing,) = await bench.another().standing()
    assert standing.used == 4


async def test_headers_that_say_nothing_new_cost_no_round_trip() -> None:
    bench = Bench()
    await bench.limiter.acquire()
    await bench.limiter.observed({"content-type": "application/json"})
    await bench.limiter.observed({"x-ratelimit-limit": "5", "x-ratelimit-remaining": "4"})
    assert bench.company.corrections == []


async def test_without_the_shared_budget_the_limits_are_kept_alone() -> None:
    bench = Bench()
    await bench.limiter.acquire(3)
    bench.company.is_away = True
    # What the shared budget granted before is remembered.
    assert [(await bench.limiter.acquire()).waited_seconds for _ in range(3)] == [0, 0, 60]
    (standing,) = await bench.limiter.standing()
    assert standing.window.weight == 5


async def test_that_it_is_away_is_said_once_for_all_providers_and_that_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench()
    limiters = (bench.limiter, bench.another())
    bench.company.is_away = True
    for limiter in limiters * 2:
        await limiter.acquire()
        await limiter.standing()
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert "several processes together may exceed them" in said.message
    bench.company.is_away = False
    for limiter in limiters:
        await limiter.acquire()
    assert [record.message[:19] for record in caplog.records[1:]] == ["Redis answers again"]


async def test_an_error_of_the_budget_reaches_everybody_who_waits() -> None:
    bench = Bench()
    bench.company.reserve = lambda *_: 1 / 0  # type: ignore[method-assign,assignment]  # the fault under test
    results = await asyncio.gather(*(bench.limiter.acquire() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError] * 3
