"""The page walk: pages join, loops end, and what came before a failure is kept."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import Instants, get_calendar
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Malformed, Transient
from trend_platform.providers.paging import Page, Walk, walk_pages

FIRST = date(2024, 1, 1)
ASKED = days(FIRST, FIRST + timedelta(days=19))


def _day(number: int) -> datetime:
    return midnight(FIRST) + timedelta(days=number)


def _frame(numbers: list[int]) -> pl.DataFrame:
    rows = [
        {"instrument_id": 1, "timeframe": "1d", "opened_at": _day(number), "open": float(number)} for number in numbers
    ]
    return pl.DataFrame(rows, schema=CANDLE_SCHEMA)


class Book:
    """Pages by day number; asked for an interval it begins a new row of pages there."""

    def __init__(
        self, pages: Sequence[list[int] | Exception], anew: list[int] | None = None, loop: bool = False
    ) -> None:
        self._pages, self._anew, self._loop = pages, anew, loop
        self.asked: list[Interval] = []

    async def first(self, interval: Interval) -> Page:
        self.asked.append(interval)
        if len(self.asked) == 1:
            return await self.following("0")
        numbers = [number for number in self._anew or [] if _day(number) in interval]
        return Page(_frame(numbers), None, 1)

    async def following(self, token: str) -> Page:
        number = int(token)
        page = self._pages[number]
        if isinstance(page, Exception):
            raise page
        following = 0 if self._loop else number + 1
        return Page(_frame(page), str(following) if following < len(self._pages) else None, 1)


async def _walk(book: Book, max_pages: int = 100) -> Walk:
    def expected(interval: Interval) -> Instants:
        return get_calendar("24/7").candle_opens(Timeframe.D1, interval)

    return await walk_pages("fake", book, ASKED, expected, max_pages)


def _numbers(walk: Walk) -> list[int]:
    return [int(value) for value in walk.candles["open"]]


async def test_pages_that_join_become_one_answer() -> None:
    walk = await _walk(Book([[0, 1, 2], [3, 4], [5]]))
    assert (_numbers(walk), walk.calls, walk.failure, walk.answered) == ([0, 1, 2, 3, 4, 5], 3, None, ASKED)


async def test_a_late_page_is_asked_again_from_where_the_last_one_ended() -> None:
    book = Book([[0, 1, 2], [4, 5, 6]], anew=list(range(20)))
    walk = await _walk(book)
    assert _numbers(walk) == list(range(20))
    assert book.asked[1] == Interval(_day(3), ASKED.end)
    assert walk.calls == 3
    assert "came late and was fetched again" in walk.evidence


async def test_a_hole_between_pages_that_stays_is_the_providers_own() -> None:
    walk = await _walk(Book([[0, 1, 2], [4, 5, 6]], anew=[4, 5, 6]))
    assert (_numbers(walk), walk.failure) == ([0, 1, 2, 4, 5, 6], None)
    assert "begins after a hole" in walk.evidence


async def test_a_hole_inside_a_page_is_not_the_walks_business() -> None:
    book = Book([[0, 2, 9], [10]])
    assert _numbers(await _walk(book)) == [0, 2, 9, 10]
    assert len(book.asked) == 1


async def test_a_page_that_fails_for_good_leaves_what_came_before() -> None:
    failing = Transient("fake", "down")
    failing.calls = 5
    walk = await _walk(Book([[0, 1], [2, 3], failing]))
    assert _numbers(walk) == [0, 1, 2, 3]
    assert (walk.failure, walk.calls) == (failing, 7)
    assert walk.answered == Interval(ASKED.start, _day(4))


async def test_a_first_page_that_fails_is_raised() -> None:
    failing = Transient("fake", "down")
    failing.calls = 5
    with pytest.raises(Transient) as caught:
        await _walk(Book([failing]))
    assert caught.value.calls == 5


async def test_a_failure_after_empty_pages_only_is_raised_with_all_calls() -> None:
    failing = Transient("fake", "down")
    failing.calls = 2
    with pytest.raises(Transient) as caught:
        await _walk(Book([[], failing]))
    assert caught.value.calls == 3


async def test_a_page_sent_twice_ends_the_walk() -> None:
    walk = await _walk(Book([[0, 1, 2], [0, 1, 2], [3]]))
    assert isinstance(walk.failure, Malformed)
    assert "sent twice" in str(walk.failure)
    assert (_numbers(walk), walk.answered.end, walk.calls) == ([0, 1, 2], _day(3), 2)


async def test_a_first_page_that_comes_again_ends_the_walk() -> None:
    walk = await _walk(Book([[0, 1, 2]], loop=True))
    assert isinstance(walk.failure, Malformed)
    assert _numbers(walk) == [0, 1, 2]


async def test_empty_pages_that_name_themselves_end_the_walk() -> None:
    class Circle(Book):
        async def following(self, token: str) -> Page:
            return Page(_frame([0] if token == "0" else []), "again", 1)

    walk = await _walk(Circle([]))
    assert "go round in a circle" in str(walk.failure)
    assert walk.calls == 2


async def test_pages_without_end_are_not_believed() -> None:
    walk = await _walk(Book([[number] for number in range(20)]), max_pages=4)
    assert "4 pages is the most" in str(walk.failure)
    assert (_numbers(walk), walk.answered.end) == ([0, 1, 2, 3], _day(4))


async def test_a_page_about_another_time_is_refused() -> None:
    with pytest.raises(Malformed, match="outside the asked"):
        await _walk(Book([[40, 41]]))


async def test_rows_beyond_the_asked_interval_are_dropped() -> None:
    assert _numbers(await _walk(Book([[-1, 0, 1], [2, 19, 20]]))) == [0, 1, 2, 19]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_however_a_series_is_cut_into_pages_it_is_the_same_series(sizes: list[int]) -> None:
    numbers = list(range(min(20, sum(sizes))))
    pages: list[list[int] | Exception] = []
    for size in sizes:
        pages.append(numbers[:size])
        numbers = numbers[size:]
    walk = asyncio.run(_walk(Book(pages)))
    assert _numbers(walk) == list(range(min(20, sum(sizes))))
    assert walk.failure is None


async def test_a_walk_is_an_answer_with_its_own_evidence_or_other_words() -> None:
    walk = await walk_pages("fake", Book([[0, 1]]), ASKED, partial(get_calendar("24/7").candle_opens, Timeframe.D1))
    answer = walk.answer()
    assert (answer.candles.height, answer.answered, answer.calls, answer.failure) == (2, ASKED, walk.calls, None)
    assert (answer.evidence, walk.answer("seen").evidence) == ("1 page, 2 rows", "seen")
