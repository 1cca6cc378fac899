"""Pages that are windows of time: for providers without page tokens whose answers hold at most so many candles.

How one window is asked and read is the provider's; whether pages join is judged by `paging`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from trend_platform.domain.calendars import from_us
from trend_platform.domain.intervals import Interval
from trend_platform.providers.paging import Expected, Page

AskWindow = Callable[[Interval], Awaitable[Page]]
"""Fetches the candles stamped in one window."""


class Windows:
    """The windows of one series, one after the other; a page's token is where the next window begins.

    Args:
        ask: Fetches one window.
        expected: The stamps a complete series has.
        most: Candles a window may be expected to hold.
    """

    def __init__(self, ask: AskWindow, expected: Expected, most: int) -> None:
        self._ask, self._expected, self._most = ask, expected, most
        self._end: datetime | None = None

    async def first(self, interval: Interval) -> Page:
        """Fetch the window that `interval` begins with."""
        self._end = interval.end
        return await self._window(interval)

    async def following(self, token: str) -> Page:
        """Fetch the window that begins at `token`."""
        start = datetime.fromisoformat(token)
        return await self._window(Interval(start, max(start, self._end or start)))

    async def _window(self, left: Interval) -> Page:
        stamps = self._expected(left)
        if len(stamps) <= self._most:
            return await self._ask(left)
        end = from_us(stamps[self._most])
        return replace(await self._ask(Interval(left.start, end)), next_token=end.isoformat())
