"""The contracts of `Posts` and `Purse`, passed by every store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from trend_platform.domain.posts import as_posts, empty_posts
from trend_platform.storage.base import Storage
from trend_platform.storage.readings import Allowance
from trend_platform_tests.storage.reading_frames import NOON, post

HOUR = timedelta(hours=1)
TODAY = date(2026, 11, 20)
ALLOWED = Allowance(daily=1.0, monthly=2.0)


def test_at_first_nobody_said_anything(storage: Storage) -> None:
    assert storage.posts.add(empty_posts()) == 0
    assert_frame_equal(storage.posts.latest([], 5), empty_posts())
    assert storage.posts.forget_before(NOON) == 0


def test_a_post_comes_back_as_it_was(storage: Storage) -> None:
    full = post("1", text="é\n'x' %s", symbols=["AAPL"], stance="bullish", likes=3, replies=0, sentiment=1.0)
    given = as_posts(pl.concat([full, post("2", at=NOON - HOUR)]))
    assert storage.posts.add(given) == 2
    assert_frame_equal(storage.posts.latest([], 5), given)


def test_a_known_post_is_left_alone_and_the_same_id_elsewhere_is_another(storage: Storage) -> None:
    storage.posts.add(post("1"))
    assert storage.posts.add(pl.concat([post("1", likes=9), post("1", provider="x"), post("1", provider="x")])) == 1
    assert storage.posts.latest([], 5).select("provider", "likes").rows() == [("stocktwits", None), ("x", None)]


def test_posts_are_found_by_symbol_newest_first(storage: Storage) -> None:
    given = [post("1", symbols=["AAPL"], at=NOON - HOUR), post("2", symbols=["AAPL", "MSFT"]), post("3")]
    storage.posts.add(pl.concat(given))
    assert storage.posts.latest(["AAPL"], 5)["post_id"].to_list() == ["2", "1"]
    assert storage.posts.latest(["AAPL"], 1)["post_id"].to_list() == ["2"]
    assert storage.posts.latest(["TSLA"], 5).is_empty()


def test_old_posts_go_and_young_ones_stay(storage: Storage) -> None:
    storage.posts.add(pl.concat([post("1", at=NOON - HOUR), post("2")]))
    assert storage.posts.forget_before(NOON) == 1
    assert storage.posts.latest([], 5)["post_id"].to_list() == ["2"]


def test_many_posts_are_stored_at_once(storage: Storage) -> None:
    many = pl.concat([post(str(number)) for number in range(2500)])
    assert storage.posts.add(many) == 2500
    assert storage.posts.add(many) == 0


def test_money_is_taken_until_the_day_is_spent(storage: Storage) -> None:
    assert [storage.purse.take("x", TODAY, 0.4, ALLOWED) for _ in range(4)] == [True, True, False, False]
    assert storage.purse.take("x", TODAY, 0.2, ALLOWED)
    assert storage.purse.spent("x", [TODAY, TODAY]) == pytest.approx(1.0)
    assert storage.purse.spent("y", [TODAY]) == 0.0


def test_a_month_is_the_sum_of_its_days_and_no_other(storage: Storage) -> None:
    for day in (1, 2):
        assert storage.purse.take("x", date(2026, 11, day), 1.0, ALLOWED)
    assert not storage.purse.take("x", TODAY, 0.01, ALLOWED)
    assert storage.purse.take("x", date(2026, 12, 1), 1.0, ALLOWED)
    assert storage.purse.take("x", date(2025, 11, 1), 1.0, ALLOWED)
    assert storage.purse.take("y", TODAY, 1.0, ALLOWED)


def test_what_was_not_spent_can_be_taken_again_but_nothing_is_won(storage: Storage) -> None:
    assert storage.purse.take("x", TODAY, 1.0, ALLOWED)
    storage.purse.give_back("x", TODAY, 0.75)
    assert storage.purse.spent("x", [TODAY]) == pytest.approx(0.25)
    storage.purse.give_back("x", TODAY, 5.0)
    storage.purse.give_back("never", TODAY, 5.0)
    assert storage.purse.take("x", TODAY, 1.0, ALLOWED)
    assert not storage.purse.take("never", TODAY, 1.5, ALLOWED)


def test_an_allowance_of_nothing_allows_nothing(storage: Storage) -> None:
    assert not storage.purse.take("x", TODAY, 0.005, Allowance(0.0, 10.0))
    assert not storage.purse.take("x", TODAY, 0.005, Allowance(10.0, 0.0))


def test_of_many_who_take_at_once_no_two_spend_the_same_money(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: storage.purse.take("x", TODAY, 0.1, ALLOWED), range(32)))
    assert sum(taken) == 10
    assert storage.purse.spent("x", [TODAY]) == pytest.approx(1.0)
