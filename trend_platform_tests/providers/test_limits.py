"""The limiter: never more than the quota in any window, in the order of arrival."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.errors import UsageError
from trend_platform.providers.base import Quota
from trend_platform.providers.limits import SlidingWindowLimiter
from trend_platform_tests.providers.network import FakeTime


def _limiter(time: FakeTime, *quotas: Quota, margin: float = 0.0) -> SlidingWindowLimiter:
    return SlidingWindowLimiter(quotas, margin_seconds=margin, timer=time.timer, sleep=time.sleep)


async def test_the_sixth_call_of_a_burst_waits_for_the_first_to_leave_the_window() -> None:
    time = FakeTime()
    limiter = _limiter(time, Quota(5, 60))
    waits = [(await limiter.acquire()).waited_seconds for _ in range(6)]
    assert waits == [0, 0, 0, 0, 0, 60]


async def test_a_margin_keeps_windows_further_apart() -> None:
    time = FakeTime()
    limiter = _limiter(time, Quota(1, 10), margin=0.5)
    await limiter.acquire()
    assert (await limiter.acquire()).waited_seconds == 10.5


async def test_without_quotas_nothing_waits() -> None:
    assert (await _limiter(FakeTime()).acquire(1000)).waited_seconds == 0


async def test_a_weight_that_never_fits_is_refused_instead_of_waited_for() -> None:
    with pytest.raises(UsageError, match="never fits"):
        await _limiter(FakeTime(), Quota(5, 60)).acquire(6)


async def test_a_heavy_call_is_not_overtaken_by_light_ones() -> None:
    limiter = SlidingWindowLimiter([Quota(2, 0.05)])
    served: list[str] = []

    async def call(name: str, weight: float) -> None:
        await limiter.acquire(weight)
        served.append(name)

    await call("first", 1)
    await asyncio.gather(call("heavy", 2), *(call(f"light {number}", 1) for number in range(3)))
    assert served[:2] == ["first", "heavy"]


@given(
    calls=st.lists(st.tuples(st.floats(0, 3), st.integers(0, 5)), max_size=40),
    quotas=st.lists(st.tuples(st.integers(3, 9), st.sampled_from([0.5, 1.0, 7.0])), min_size=1, max_size=3),
)
def test_no_window_ever_holds_more_than_its_quota(
    calls: list[tuple[float, int]], quotas: list[tuple[int, float]]
) -> None:
    time = FakeTime()
    limiter = _limiter(time, *(Quota(min(weight, 9), period) for weight, period in quotas))
    spent: list[tuple[float, float]] = []

    async def run() -> None:
        for pause, weight in calls:
            time.seconds += pause
            await limiter.acquire(min(weight, 3))
            spent.append((time.seconds, min(weight, 3)))

    asyncio.run(run())
    for allowed, period in quotas:
        for begin, _ in spent:
            # A sum of floats may fall short of a whole period by its last digits.
            inside = sum(weight for at, weight in spent if begin <= at < begin + period - 1e-6)
            assert inside <= allowed
