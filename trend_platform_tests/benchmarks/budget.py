"""One key of 300 calls a minute, spent by four processes at once: never more than that in any minute, and hardly less.

Each process asks for turns as fast as it gets them, through the limiter and the shared budget that clients use. The
instants of all turns together are held against the limit. It takes three minutes.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import redis
from pydantic import SecretStr

from trend_platform.domain.budgets import Window
from trend_platform.domain.clock import SystemClock
from trend_platform.providers.limits import BudgetLimiter
from trend_platform.storage.redis.budget import open_budgets
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

PROCESSES, ALLOWED, MINUTE_SECONDS, ROUNDS = 4, 300, 60.0, 2
TURN_LIMIT_US = 1_000
# As clients have it: calls that leave a minute apart may arrive closer together.
_MARGIN_SECONDS = 0.25
_CALLERS = 8
_DATABASE = 63


def measure(found: services.Services) -> list[Figure]:
    """Return how much of the limit was used, the most that any minute saw, and what one turn costs."""
    url = found.redis_url(_DATABASE)
    with redis.Redis.from_url(url) as valkey:
        valkey.flushdb()
    turns = np.sort(np.concatenate([_turns(told) for told in _run(url)]))
    span = ROUNDS * MINUTE_SECONDS
    turns = turns[turns < turns[0] + span]
    most = max(int(np.searchsorted(turns, at + MINUTE_SECONDS) - number) for number, at in enumerate(turns))
    allowed = ALLOWED * ROUNDS
    name = f"{PROCESSES} processes on one key"
    return [
        Figure(f"{name}: calls in {ROUNDS} minutes", len(turns), allowed, "calls", "the limit", 0.95, 1.0),
        Figure(f"{name}: most in any minute", most, ALLOWED, "calls", "the limit", at_most=1.0),
        Figure("a turn where there is room", _turn(url), TURN_LIMIT_US, "us", "limit", at_most=1.0),
    ]


def main() -> None:
    """Take turns until the time is over; print their instants as JSON."""
    url, start, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    taken: list[float] = []

    async def call(limiter: BudgetLimiter) -> None:
        while time.time() < start + seconds:
            await limiter.acquire()
            taken.append(time.time())

    async def all_callers() -> None:
        await asyncio.sleep(start - time.time())
        limiter = _limiter(url)
        async with asyncio.timeout(seconds + 1):
            await asyncio.gather(*(call(limiter) for _ in range(_CALLERS)))

    with suppress(TimeoutError):
        asyncio.run(all_callers())
    print(json.dumps(taken))


def _run(url: str) -> list[str]:
    begin, seconds = time.time() + 3.0, ROUNDS * MINUTE_SECONDS + 2.0
    words = [sys.executable, "-m", "trend_platform_tests.benchmarks.budget", url, str(begin), str(seconds)]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    told = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError("a process that was to spend the budget failed")
    return told


def _turns(told: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(json.loads(told), dtype=np.float64)


def _limiter(url: str, allowed: float = ALLOWED) -> BudgetLimiter:
    windows = [Window(allowed, MINUTE_SECONDS, _MARGIN_SECONDS)]
    budget = open_budgets(SecretStr(url), SystemClock()).of("benchmark", ["0123456789abcdef"], windows)
    return BudgetLimiter("benchmark", windows, shared=budget)


def _turn(url: str, turns: int = 2_000) -> float:
    # In microseconds, one caller after the other; a window that never fills.
    async def take() -> float:
        limiter = _limiter(url, allowed=1e9)
        await limiter.acquire()
        began = time.perf_counter()
        for _ in range(turns):
            await limiter.acquire()
        return (time.perf_counter() - began) / turns * 1e6

    return asyncio.run(take())


if __name__ == "__main__":
    main()
