"""The walk over pages that hold several symbols one after the other: where each symbol's answer ends, and whether pages join.

A symbol that goes on in the next page must go on where it stopped: what lies between is asked again, for that symbol alone.
When a page fails, symbols that were left behind are whole, the last one is whole up to its last bar, the others are unasked.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.calendars import from_us, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.errors import Malformed, ProviderError
from trend_platform.providers.alpaca.bars import BarsPage
from trend_platform.providers.alpaca.classing import NAME
from trend_platform.providers.paging import MAX_PAGES, Expected
from trend_platform.wording import counted

AskBars = Callable[[Sequence[int], Interval, str | None], Awaitable[BarsPage]]
"""Fetches the bars of some instruments, by id, in an interval; the page that a token names where there is one."""

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk brought.

    Attributes:
        columns: The columns of all pages.
        ends: Per instrument id, where the answer ends for it; one that is missing was not answered at all.
        calls: Attempts made, failed ones included.
        rejected: Quarantine frame of all pages.
        failure: Why not all of it was answered; `None` if it was.
        evidence: Pages and rows in words, with what was noticed at their joins.
    """

    columns: pl.DataFrame
    ends: Mapping[int, datetime]
    calls: int
    rejected: pl.DataFrame
    failure: ProviderError | None
    evidence: str


async def walk_bars(ask: AskBars, ids: Sequence[int], interval: Interval, expected: Expected) -> Walked:
    """Fetch the bars of all instruments in `interval`.

    Args:
        ask: Fetches a page.
        ids: The instruments; all of one calendar.
        interval: The bars that are wanted, by their stamps.
        expected: The stamps a complete series has.

    Raises:
        ProviderError: The first page failed, or no page before the failing one brought a bar.
    """
    walker = _Walker(ask, ids, interval, expected)
    failure: ProviderError | None = None
    try:
        await walker.walk()
    except ProviderError as error:
        error.calls += walker.calls
        if not walker.order:
            raise
        failure = error
        walker.calls = error.calls
    return walker.walked(failure)


class _Walker:
    # The state of one walk: what came so far, and the last bar of the symbol that may go on.
    def __init__(self, ask: AskBars, ids: Sequence[int], interval: Interval, expected: Expected) -> None:
        self._ask, self._ids, self._interval, self._expected = ask, ids, interval, expected
        self._pages: list[BarsPage] = []
        self._last: datetime | None = None
        self._notes: list[str] = []
        self.order: dict[int, None] = {}
        self.calls = 0

    async def walk(self) -> None:
        token: str | None = None
        seen: set[str] = set()
        while not self._pages or token is not None:
            page = await self._ask(self._ids, self._interval, token)
            self.calls += page.calls
            self._check_order(page)
            await self._join(page)
            self._take(page)
            token = page.token
            if token is not None and (token in seen or len(seen) >= MAX_PAGES):
                raise Malformed(NAME, f"the pages go round in a circle after {len(self._pages)} pages")
            seen.add(token or "")

    def _check_order(self, page: BarsPage) -> None:
        again = [one for one in page.held if one in self.order and one != next(reversed(self.order))]
        first = self._first_of_last(page)
        if again or (first is not None and self._last is not None and first <= self._last):
            raise Malformed(NAME, f"page {len(self._pages) + 1} begins before the one before ends: it was sent twice")

    async def _join(self, page: BarsPage) -> None:
        first = self._first_of_last(page)
        if first is None or self._last is None:
            return
        between = self._expected(Interval(self._last + _TICK, first))
        if not len(between):
            return
        hole = Interval(from_us(between[0]), first)
        filling = await self._ask([next(reversed(self.order))], hole, None)
        self.calls += filling.calls
        what = f"{counted(filling.columns.height, 'bar')} of it when asked again"
        self._notes.append(f"page {len(self._pages) + 1} begins after {hole}: {what}")
        self._take(filling)

    def _first_of_last(self, page: BarsPage) -> datetime | None:
        # The first bar in the page of the symbol that the page before ended with.
        if not self.order or not page.held or page.held[0] != next(reversed(self.order)) or page.columns.is_empty():
            return None
        return from_us(to_us(page.columns["opened_at"][0]))

    def _take(self, page: BarsPage) -> None:
        self._pages.append(page)
        self.order |= dict.fromkeys(page.held)
        if page.columns.height:
            self._last = from_us(to_us(page.columns["opened_at"][-1]))

    def walked(self, failure: ProviderError | None) -> Walked:
        columns = pl.concat([page.columns for page in self._pages])
        rejected = pl.concat([empty_quarantine(), *(page.rejected for page in self._pages)])
        counts = f"{counted(len(self._pages), 'page')}, {counted(columns.height, 'row')} of {counted(len(self._ids), 'symbol')}"
        evidence = "; ".join([counts, *self._notes[:4]])
        return Walked(columns, self._ends(failure), self.calls, rejected, failure, evidence)

    def _ends(self, failure: ProviderError | None) -> dict[int, datetime]:
        if failure is None:
            return dict.fromkeys(self._ids, self._interval.end)
        *whole, last = self.order
        ends = dict.fromkeys(whole, self._interval.end)
        if self._last is not None:
            start = self._last + _TICK
            after = self._expected(Interval(start, max(start, self._interval.end)))
            ends[last] = from_us(after[0]) if len(after) else self._interval.end
        return ends
