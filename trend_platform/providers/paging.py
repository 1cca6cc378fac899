"""The page walk: one interval fetched in pages that must join, whatever the provider calls its next page.

A page that begins later than the one before explains is asked again from where that one ended, so that a hole the
provider really has is told from a page that came late. Loops, repeated pages and answers about another time end the
walk. What came before a page that fails is kept, and the walk says how far it speaks for. Parsing is the provider's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import polars as pl

from trend_platform.domain.calendars import Instants, from_us, to_us
from trend_platform.domain.candles import empty_candles
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.errors import Malformed, ProviderError
from trend_platform.providers.base import Answer
from trend_platform.wording import counted

MAX_PAGES = 10_000
_NOTES = 4
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of candles.

    Attributes:
        candles: Candle frame, sorted by `opened_at`; rows outside the asked interval are allowed and dropped.
        next_token: What asks for the following page; `None` on the last one.
        calls: Attempts made to get it.
        rejected: Quarantine frame of rows that could not be made candles.
        note: What is worth keeping as evidence, such as the provider's request id.
    """

    candles: pl.DataFrame
    next_token: str | None = None
    calls: int = 1
    rejected: pl.DataFrame = field(default_factory=empty_quarantine)
    note: str = ""


class PageSource(Protocol):
    """One series of one provider, page by page."""

    async def first(self, interval: Interval) -> Page:
        """Fetch the first page of an interval."""
        ...

    async def following(self, token: str) -> Page:
        """Fetch the page that another page's `next_token` names."""
        ...


Expected = Callable[[Interval], Instants]
"""Returns the stamps a complete series has in an interval, ascending, in microseconds."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a page walk brought.

    Attributes:
        candles: Candle frame of all pages, inside the asked interval.
        answered: The part of the asked interval the pages speak for, from its start.
        calls: Attempts made, failed ones included.
        rejected: Quarantine frame of all pages.
        failure: Why `answered` is shorter than asked; `None` if it is not.
        evidence: Pages and rows in words, with what was noticed at their joins.
    """

    candles: pl.DataFrame
    answered: Interval
    calls: int
    rejected: pl.DataFrame
    failure: ProviderError | None
    evidence: str

    def answer(self, evidence: str | None = None) -> Answer:
        """Return the walk as a provider's answer, with other words for its evidence where they are given."""
        told = self.evidence if evidence is None else evidence
        return Answer(self.candles, self.answered, self.calls, self.rejected, failure=self.failure, evidence=told)


async def walk_pages(
    provider: str, source: PageSource, interval: Interval, expected: Expected, max_pages: int = MAX_PAGES
) -> Walk:
    """Fetch `interval` page by page.

    Args:
        provider: Name of the provider, for errors.
        source: Where pages come from.
        interval: The candles that are wanted, by their stamps.
        expected: The stamps a complete series has, which say whether two pages join.
        max_pages: Pages after which the walk ends as a loop would.

    Raises:
        ProviderError: The first page failed, or no page before the failing one brought a candle.
    """
    walker = _Walker(provider, interval, expected)
    failure: ProviderError | None = None
    try:
        await walker.walk(source, max_pages)
    except ProviderError as error:
        if not walker.has_rows:
            error.calls += walker.calls
            raise
        failure = error
        walker.calls += error.calls
    return walker.walked(failure)


class _Walker:
    # The state of one walk: what came so far and where it ends.
    def __init__(self, provider: str, interval: Interval, expected: Expected) -> None:
        self._provider, self._interval, self._expected = provider, interval, expected
        self._frames: list[pl.DataFrame] = []
        self._rejected: list[pl.DataFrame] = []
        self._tokens: set[str] = set()
        self._notes: list[str] = []
        self._pages = 0
        self._last: datetime | None = None
        self.calls = 0

    @property
    def has_rows(self) -> bool:
        return self._last is not None

    async def walk(self, source: PageSource, max_pages: int) -> None:
        page: Page = await source.first(self._interval)
        self._take(page)
        while page.next_token is not None:
            self._check_token(page.next_token, max_pages)
            page = await source.following(page.next_token)
            hole = self._hole_before(page)
            if hole is not None:
                page = await self._asked_again(source, page, hole)
            self._take(page)

    async def _asked_again(self, source: PageSource, late: Page, hole: Interval) -> Page:
        # The page is fetched anew, from where the last one ended: if the hole stays, it is the provider's own.
        self.calls += late.calls
        page = await source.first(Interval(hole.start, self._interval.end))
        first = _first_stamp(page)
        healed = first is not None and first < hole.end
        what = "came late and was fetched again" if healed else "begins after a hole, also when asked from its start"
        self._notes.append(f"page {self._pages + 1} {what}: {hole}")
        return page

    def _hole_before(self, page: Page) -> Interval | None:
        first = _first_stamp(page)
        if first is None or self._last is None or first <= self._last:
            return None
        between = self._expected(Interval(self._last + _TICK, first))
        return Interval(from_us(between[0]), first) if len(between) else None

    def _check_token(self, token: str, max_pages: int) -> None:
        if token in self._tokens:
            raise self._malformed("names a next page that was already read: the pages go round in a circle")
        if self._pages >= max_pages:
            raise self._malformed(f"is not the last one, and {max_pages} pages is the most that is believed")
        self._tokens.add(token)

    def _take(self, page: Page) -> None:
        self._pages += 1
        self.calls += page.calls
        first, last = _first_stamp(page), _last_stamp(page)
        if first is not None and last is not None:
            self._check_place(first, last)
            self._last = last
            self._frames.append(self._inside(page.candles, first, last))
        self._rejected.append(page.rejected)
        if page.note:
            self._notes.append(page.note)

    def _inside(self, candles: pl.DataFrame, first: datetime, last: datetime) -> pl.DataFrame:
        if first in self._interval and last in self._interval:
            return candles
        start, end = self._interval.start, self._interval.end
        return candles.filter((pl.col("opened_at") >= start) & (pl.col("opened_at") < end))

    def _check_place(self, first: datetime, last: datetime) -> None:
        if last < self._interval.start or first >= self._interval.end:
            raise self._malformed(f"holds candles of [{first}, {last}], outside the asked {self._interval}")
        if self._last is not None and last <= self._last:
            raise self._malformed(f"ends at {last}, no later than the one before ({self._last}): it was sent twice")

    def _malformed(self, what: str) -> Malformed:
        return Malformed(self._provider, f"page {self._pages} {what}")

    def walked(self, failure: ProviderError | None) -> Walk:
        candles = pl.concat(self._frames) if self._frames else empty_candles()
        rejected = pl.concat(self._rejected) if self._rejected else empty_quarantine()
        evidence = "; ".join(
            [f"{counted(self._pages, 'page')}, {counted(candles.height, 'row')}", *self._notes[:_NOTES]]
        )
        return Walk(candles, self._answered(failure), self.calls, rejected, failure, evidence)

    def _answered(self, failure: ProviderError | None) -> Interval:
        if failure is None or self._last is None:
            return self._interval
        if self._last < self._interval.start:
            return Interval(self._interval.start, self._interval.start)
        after = self._expected(Interval(self._last + _TICK, max(self._last + _TICK, self._interval.end)))
        end = from_us(after[0]) if len(after) else self._interval.end
        return Interval(self._interval.start, min(end, self._interval.end))


def _first_stamp(page: Page) -> datetime | None:
    return from_us(to_us(page.candles["opened_at"][0])) if page.candles.height else None


def _last_stamp(page: Page) -> datetime | None:
    return from_us(to_us(page.candles["opened_at"][-1])) if page.candles.height else None
