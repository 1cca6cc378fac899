"""The budget in Redis: shared by whoever names the same credential, gone without an error where the server is down."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from pydantic import SecretStr

from trend_platform.domain.budgets import Correction, Window
from trend_platform.domain.clock import SystemClock
from trend_platform.storage.redis.budget import RedisBudget, RedisBudgets, open_budgets

MINUTE = Window(300, 60.0)
PURSE = "5f2c0a91d3e8b746"


@pytest.fixture
def budgets(client: redis.Redis, redis_url: str) -> Iterator[RedisBudgets]:
    client.ping()
    opened = open_budgets(SecretStr(redis_url), SystemClock())
    yield opened
    opened.close()


def at_once(budget: RedisBudget, count: int) -> int:
    """Return how many of so many wishes are granted without a wait."""
    return sum(grant.wait_seconds == 0 for grant in budget.reserve([1.0] * count) or ())


def test_a_credential_has_one_key_that_names_the_provider_and_no_secret(
    budgets: RedisBudgets, client: redis.Redis
) -> None:
    budgets.of("polygon", [PURSE], [MINUTE]).reserve([1])
    assert list(client.scan_iter()) == [f"budget:polygon:{PURSE}".encode()]


def test_what_nobody_spends_any_more_is_forgotten_by_the_server(budgets: RedisBudgets, client: redis.Redis) -> None:
    budgets.of("polygon", [PURSE], [MINUTE]).reserve([1])
    assert 60_000 < client.pttl(f"budget:polygon:{PURSE}") <= 121_000


def test_whoever_names_the_same_credential_shares_it(budgets: RedisBudgets, redis_url: str) -> None:
    other = open_budgets(SecretStr(redis_url), SystemClock())
    mine, theirs = (each.of("polygon", [PURSE], [MINUTE]) for each in (budgets, other))
    assert (at_once(mine, 200), at_once(theirs, 200)) == (200, 100)
    other.close()


def test_another_credential_and_another_provider_have_their_own(budgets: RedisBudgets) -> None:
    for provider, credential in (("polygon", PURSE), ("polygon", "other"), ("fmp", PURSE)):
        assert at_once(budgets.of(provider, [credential], [MINUTE]), 301) == 300


def test_many_at_once_never_spend_more_than_there_is(budgets: RedisBudgets) -> None:
    budget = budgets.of("polygon", [PURSE], [MINUTE])
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: at_once(budget, 5), range(100))) == 300


def test_a_window_whose_limit_was_raised_keeps_its_count(budgets: RedisBudgets) -> None:
    assert at_once(budgets.of("polygon", [PURSE], [Window(5, 60.0)]), 9) == 5
    assert at_once(budgets.of("polygon", [PURSE], [Window(50, 60.0)]), 99) < 50


def test_a_long_window_holds_few_entries_however_much_is_spent(budgets: RedisBudgets, client: redis.Redis) -> None:
    budget = budgets.of("alphavantage", [PURSE], [Window(1e6, 2.56)])
    for _ in range(400):
        budget.reserve([1.0])
    packed = client.hget(f"budget:alphavantage:{PURSE}", "2560")
    assert isinstance(packed, bytes)
    assert len(packed) < 4096


def test_a_server_that_is_down_answers_none_and_raises_nothing(
    closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    opened = open_budgets(SecretStr(f"redis://127.0.0.1:{closed_port}/0"), SystemClock())
    budget = opened.of("polygon", [PURSE], [MINUTE])
    assert budget.reserve([1]) is None
    assert budget.standing() is None
    budget.correct(0, [Correction(0, 1, 1)], 1)
    # Whoever limits calls says it in words of its own.
    assert caplog.records == []


def test_a_key_that_holds_something_else_costs_the_budget_and_nothing_more(
    budgets: RedisBudgets, client: redis.Redis
) -> None:
    client.set(f"budget:polygon:{PURSE}", "no hash")
    assert budgets.of("polygon", [PURSE], [MINUTE]).reserve([1]) is None
