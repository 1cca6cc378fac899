"""The contract of `News`, passed by every store."""

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from trend_platform.domain.news import as_articles, empty_articles
from trend_platform.storage.base import Storage
from trend_platform_tests.storage.reading_frames import NOON, story

HOUR = timedelta(hours=1)
A, B, C = (f"https://news.test/{name}" for name in "abc")


def store(storage: Storage, *stories: pl.DataFrame) -> None:
    with storage.news.open_desk() as desk:
        desk.store(pl.concat(stories))


def known(storage: Storage, *addresses: str, since: timedelta = HOUR) -> list[str]:
    with storage.news.open_desk() as desk:
        return sorted(desk.known(addresses, NOON + since)["url"])


def test_at_first_there_is_no_news(storage: Storage) -> None:
    assert_frame_equal(storage.news.latest([], 5), empty_articles())
    assert (known(storage, A), storage.news.repeated(), storage.news.forget_before(NOON)) == ([], (), 0)
    store(storage, empty_articles())


def test_a_story_comes_back_as_it_was(storage: Storage) -> None:
    full = story(
        A, "Größe \n 'x' %s", summary="s", publisher="p", symbols=["AAPL", "BTC-USD"], also_at=[B, C], sentiment=-0.25
    )
    store(storage, full, story(B, at=NOON - HOUR))
    assert_frame_equal(storage.news.latest([], 5), as_articles(pl.concat([full, story(B, at=NOON - HOUR)])))


def test_the_newest_come_first_and_no_more_than_asked(storage: Storage) -> None:
    store(storage, story(A, at=NOON - HOUR), story(C), story(B), story("https://news.test/d", at=NOON - 2 * HOUR))
    assert storage.news.latest([], 3)["url"].to_list() == [B, C, A]


def test_stories_are_found_by_any_symbol_they_are_about(storage: Storage) -> None:
    store(storage, story(A, symbols=["AAPL"]), story(B, symbols=["MSFT", "AAPL"], at=NOON - HOUR), story(C))
    assert storage.news.latest(["AAPL"], 5)["url"].to_list() == [A, B]
    assert storage.news.latest(["TSLA", "MSFT"], 5)["url"].to_list() == [B]
    assert storage.news.latest(["TSLA"], 5).is_empty()


def test_a_desk_knows_stories_by_each_of_their_addresses_and_the_young_ones(storage: Storage) -> None:
    store(storage, story(A, also_at=["https://copy.test/a"]), story(B), story(C, at=NOON + HOUR))
    assert known(storage, since=2 * HOUR) == []
    assert known(storage, "https://copy.test/a", B, "https://copy.test/b", since=2 * HOUR) == [A, B]
    assert known(storage) == [C]


def test_a_known_story_grows_and_keeps_what_it_says(storage: Storage) -> None:
    store(storage, story(A, "First", sentiment=0.5), story(B))
    store(storage, story(A, "Other", symbols=["AAPL"], also_at=[C], sentiment=-1.0, at=NOON + HOUR), story(C + "c"))
    grown = storage.news.latest(["AAPL"], 5)
    assert_frame_equal(grown, story(A, "First", symbols=["AAPL"], also_at=[C], sentiment=0.5))
    assert storage.news.latest([], 9).height == 3


def test_a_desk_sees_its_own_work_and_a_failure_takes_it_back(storage: Storage) -> None:
    def fail() -> None:
        with storage.news.open_desk() as desk:
            desk.store(story(A))
            assert desk.known([A], NOON + HOUR).height == 1
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert known(storage, A) == []


def test_addresses_of_more_than_one_story_are_told(storage: Storage) -> None:
    store(
        storage,
        story(A, also_at=[C]),
        story(B, also_at=[C, "https://copy.test/b"]),
        story("https://x.test/", also_at=[A]),
    )
    assert storage.news.repeated() == (A, C)


def test_old_stories_go_and_young_ones_stay(storage: Storage) -> None:
    store(storage, story(A, at=NOON - HOUR), story(B))
    assert storage.news.forget_before(NOON) == 1
    assert storage.news.latest([], 5)["url"].to_list() == [B]
