"""Limits on calls: so much weight in any window of a length, first come, first served.

The port is `Limiter`; one kept in Redis and shared between processes can take this one's place. What a provider's
limits are belongs to its capabilities; what happens after a refusal to `retrying`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from trend_platform.errors import UsageError
from trend_platform.providers.base import Quota


class Limiter(Protocol):
    """Lets calls through when their quotas allow."""

    async def acquire(self, weight: float = 1.0) -> float:
        """Wait until `weight` may be spent, spend it, and return the seconds waited.

        Raises:
            UsageError: No window is large enough for `weight`, so waiting would never end.
        """
        ...


class SlidingWindowLimiter:
    """Keeps several quotas at once, each in every window of its length, wherever the window begins.

    Windows are half-open: what is spent at `t` is free again at `t + period`. Time is counted by a monotonic timer, so
    that a clock that is set back, or stands still in a replay, changes nothing.

    Args:
        quotas: The limits; without any, nothing waits.
        margin_seconds: Added to each window, because calls that leave a period apart may arrive closer together.
        timer: Counts seconds and never goes back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        quotas: Sequence[Quota],
        *,
        margin_seconds: float = 0.0,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._windows = [_Window(quota.weight, quota.period_seconds + margin_seconds) for quota in quotas]
        self._timer, self._sleep = timer, sleep
        self._turn = asyncio.Lock()

    async def acquire(self, weight: float = 1.0) -> float:
        """Wait until `weight` may be spent under every quota, spend it, and return the seconds waited.

        Callers are served in the order they came: a heavy call is not overtaken by light ones.

        Raises:
            UsageError: `weight` is more than a whole window allows.
        """
        for window in self._windows:
            window.check(weight)
        waited = 0.0
        async with self._turn:
            while (wait := max((window.wait(weight, self._timer()) for window in self._windows), default=0.0)) > 0:
                await self._sleep(wait)
                waited += wait
            now = self._timer()
            for window in self._windows:
                window.spend(weight, now)
        return waited


class _Window:
    # What was spent within the last period, oldest first.
    def __init__(self, allowed: float, period_seconds: float) -> None:
        self._allowed, self._period = allowed, period_seconds
        self._spent: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def check(self, weight: float) -> None:
        if weight > self._allowed:
            raise UsageError(
                f"a call of weight {weight:g} never fits into a quota of {self._allowed:g} in {self._period:g} s"
            )

    def wait(self, weight: float, now: float) -> float:
        while self._spent and self._spent[0][0] + self._period <= now:
            self._total -= self._spent.popleft()[1]
        if not self._spent:
            self._total = 0.0
        over = self._total + weight - self._allowed
        for instant, spent in self._spent:
            if over <= _ROUNDING:
                break
            over -= spent
            until = instant + self._period
            if over <= _ROUNDING:
                # Never zero while the weight does not fit: a sum that rounds to `now` would spin.
                return max(until - now, _ROUNDING)
        return 0.0

    def spend(self, weight: float, now: float) -> None:
        self._spent.append((now, weight))
        self._total += weight


_ROUNDING = 1e-9
