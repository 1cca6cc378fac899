"""Leaving a provider alone as a whole: one refusal stops every call to it, not only the one that was refused.

For providers that judge the caller rather than the request. Who is to be left alone, and for how long, is read from answers
by the provider's own `classing`; limits on calls that are still allowed belong to `limits`.
"""

import asyncio
import time
from collections.abc import Callable

from trend_platform.errors import RateLimited
from trend_platform.providers.http import HttpAnswer, HttpClient, Params, Sleep
from trend_platform.providers.traffic import HttpMetrics


class Pause:
    """Until when a provider is left alone, by a monotonic timer.

    Args:
        timer: Counts seconds and never goes back.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._until = float("-inf")

    @property
    def remaining_seconds(self) -> float:
        """Return how long the provider is still to be left alone; zero if it is not."""
        return max(0.0, self._until - self._timer())

    def hold(self, seconds: float) -> None:
        """Leave the provider alone for so long from now on; a pause is never shortened."""
        self._until = max(self._until, self._timer() + seconds)


class PausingClient:
    """A client that asks nothing while its provider is left alone.

    A pause that is no longer than the longest wait between two attempts is waited for; a longer one refuses at once, so
    that another provider serves meanwhile.

    Args:
        provider: Name of the provider, for errors.
        client: Sends the requests.
        pause: Shared with whatever reads the answers.
        concurrency: Requests under way at once: those that wait for a turn notice a pause that began meanwhile.
        max_wait_seconds: The longest pause that is waited for.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        provider: str,
        client: HttpClient,
        pause: Pause,
        *,
        concurrency: int,
        max_wait_seconds: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._provider, self._client, self._pause = provider, client, pause
        self._max_wait, self._sleep = max_wait_seconds, sleep
        self._turns = asyncio.Semaphore(concurrency)

    @property
    def metrics(self) -> HttpMetrics:
        """Return what was sent and received so far."""
        return self._client.metrics

    async def get(self, path: str, params: Params | None = None, weight: float = 1.0) -> HttpAnswer:
        """Ask as `HttpClient.get` does, once the pause is over.

        Raises:
            RateLimited: The pause is too long to wait for; nothing was sent.
            ProviderError: The request failed for good.
        """
        async with self._turns:
            while (remaining := self._pause.remaining_seconds) > 0:
                if remaining > self._max_wait:
                    told = f"it refused before and is left alone for another {remaining:.0f} s; nothing was sent"
                    raise RateLimited(self._provider, told, remaining)
                await self._sleep(remaining)
            return await self._client.get(path, params, weight)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
