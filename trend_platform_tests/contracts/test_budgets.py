"""The contract of `Budget`, passed by the one of a process and the one that all processes share."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from trend_platform.domain.budgets import PATIENCE_SECONDS, Correction, Grant, Window
from trend_platform.domain.clock import SystemClock
from trend_platform.providers.budgets import Budget, LocalBudget
from trend_platform.storage.redis.budget import RedisBudgets, open_budgets
from trend_platform_tests.providers.network import FakeTime

# Long enough that nothing is free again while a test runs on a busy machine.
LONG = 600.0
# Windows are divided into 256 parts; what is spent is free again up to one part late.
LATE = 1 / 256


@dataclass
class Bench:
    """Opens budgets of one kind.

    Attributes:
        open: Returns an empty budget of windows and a number of credentials.
        wait: Lets so many seconds pass.
    """

    open: Callable[..., Budget]
    wait: Callable[[float], None]


@pytest.fixture(params=["process", "redis"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "process":
        fake = FakeTime()

        def forward(seconds: float) -> None:
            fake.seconds += seconds

        yield Bench(lambda *windows, credentials=1: LocalBudget(windows, credentials, fake.timer), forward)
        return
    url = request.getfixturevalue("redis_url")
    budgets = open_budgets(SecretStr(url), SystemClock())
    yield Bench(lambda *windows, credentials=1: _shared(url, budgets, windows, credentials), time.sleep)
    budgets.close()


def _shared(url: str, budgets: RedisBudgets, windows: Sequence[Window], credentials: int) -> Budget:
    with redis.Redis.from_url(url) as valkey:
        valkey.flushdb()
    return budgets.of("fake", [f"credential-{number}" for number in range(credentials)], windows)


def granted(budget: Budget, *weights: float) -> Sequence[Grant]:
    told = budget.reserve(weights, PATIENCE_SECONDS)
    assert told is not None
    return told


def used(budget: Budget) -> list[float]:
    told = budget.standing()
    assert told is not None
    return [one.used for one in told]


def test_what_fits_is_granted_at_once_and_the_rest_waits_for_the_window(bench: Bench) -> None:
    grants = granted(bench.open(Window(3, LONG)), 1, 1, 1, 1)
    assert [grant.wait_seconds for grant in grants[:3]] == [0, 0, 0]
    assert LONG - 2 <= grants[3].wait_seconds <= LONG * (1 + LATE) + 1


def test_what_is_spent_is_free_again_after_the_window(bench: Bench) -> None:
    budget = bench.open(Window(2, 0.3))
    granted(budget, 2)
    assert used(budget) == [2]
    bench.wait(0.35)
    assert used(budget) == [0]
    assert granted(budget, 2)[0].wait_seconds == 0


def test_a_margin_counts_longer(bench: Bench) -> None:
    (_, second) = granted(bench.open(Window(1, LONG, 50.0)), 1, 1)
    assert second.wait_seconds >= LONG + 48


def test_all_windows_hold_at_once(bench: Bench) -> None:
    waits = [grant.wait_seconds for grant in granted(bench.open(Window(2, 60), Window(3, LONG)), 1, 1, 1, 1)]
    assert waits[:2] == [0, 0]
    assert 58 <= waits[2] <= 62
    assert LONG - 2 <= waits[3] <= LONG + 64


def test_a_heavy_wish_is_not_overtaken_by_light_ones(bench: Bench) -> None:
    first, heavy, light = granted(bench.open(Window(3, LONG)), 1, 3, 1)
    assert first.wait_seconds == 0
    assert 0 < heavy.wait_seconds <= light.wait_seconds


def test_credentials_take_turns_and_each_has_windows_of_its_own(bench: Bench) -> None:
    grants = granted(bench.open(Window(2, LONG), credentials=2), 1, 1, 1, 1, 1)
    assert sorted(grant.credential for grant in grants[:4]) == [0, 0, 1, 1]
    assert [grant.wait_seconds for grant in grants[:4]] == [0, 0, 0, 0]
    assert grants[4].wait_seconds > 0


def test_a_credential_that_rests_is_passed_over(bench: Bench) -> None:
    budget = bench.open(Window(5, LONG), credentials=2)
    budget.correct(0, [], 300.0)
    assert [(grant.credential, grant.wait_seconds) for grant in granted(budget, 1, 1)] == [(1, 0), (1, 0)]
    rests, serves = budget.standing() or ()
    assert 298 <= rests.rests_seconds <= 300
    assert (rests.left, serves.left) == (0, 3)


def test_where_all_rest_the_first_to_be_back_is_waited_for(bench: Bench) -> None:
    budget = bench.open(Window(5, LONG), credentials=2)
    budget.correct(0, [], 300.0)
    budget.correct(1, [], 100.0)
    (grant,) = granted(budget, 1)
    assert grant.credential == 1
    assert 98 <= grant.wait_seconds <= 100


def test_a_rest_that_is_too_long_is_not_waited_for(bench: Bench) -> None:
    budget = bench.open(Window(5, LONG), credentials=2)
    budget.correct(0, [], 300.0)
    budget.correct(1, [], 100.0)
    (refused,) = budget.reserve([1], 60.0) or ()
    assert not refused.is_reserved
    assert 98 <= refused.wait_seconds <= 100
    assert used(budget) == [0, 0]
    (waits,) = budget.reserve([1], 120.0) or ()
    assert (waits.is_reserved, waits.credential) == (True, 1)


def test_a_window_that_is_full_is_waited_for_however_short_a_rest_may_be(bench: Bench) -> None:
    (_, second) = bench.open(Window(1, LONG)).reserve([1, 1], 0.0) or ()
    assert second.is_reserved


def test_a_rest_is_never_shortened(bench: Bench) -> None:
    budget = bench.open(Window(5, LONG))
    budget.correct(0, [], 300.0)
    budget.correct(0, [], 10.0)
    assert granted(budget, 1)[0].wait_seconds > 200


def test_what_nobody_waits_for_is_not_set_aside(bench: Bench) -> None:
    budget = bench.open(Window(1, 2 * PATIENCE_SECONDS))
    (first, second) = granted(budget, 1, 1)
    assert first.is_reserved
    assert not second.is_reserved
    assert second.wait_seconds > PATIENCE_SECONDS
    assert used(budget) == [1]


def test_what_is_given_back_may_be_spent_again(bench: Bench) -> None:
    budget = bench.open(Window(2, LONG), Window(9, 2 * LONG))
    first, _ = granted(budget, 1, 1)
    budget.refund(1, first)
    assert used(budget) == [1, 1]
    assert granted(budget, 1)[0].wait_seconds == 0


def test_what_others_have_spent_is_learnt(bench: Bench) -> None:
    budget = bench.open(Window(10, LONG))
    granted(budget, 1)
    budget.correct(0, [Correction(0, 8, 60.0)], 0)
    assert used(budget) == [8]
    waits = [grant.wait_seconds for grant in granted(budget, 2, 1)]
    assert waits[0] == 0
    assert 58 <= waits[1] <= 63


def test_a_provider_that_has_counted_less_changes_nothing(bench: Bench) -> None:
    # Calls under way are counted here already and there not yet.
    budget = bench.open(Window(10, LONG))
    granted(budget, 4)
    budget.correct(0, [Correction(0, 2, 60.0)], 0)
    assert used(budget) == [4]


def test_turns_that_are_yet_to_come_are_not_taken_for_spent(bench: Bench) -> None:
    budget = bench.open(Window(2, LONG))
    granted(budget, 2, 2)
    assert used(budget) == [4]
    budget.correct(0, [Correction(0, 2, 60.0)], 0)
    assert used(budget) == [4]


def test_standing_tells_every_window_of_every_credential_in_order(bench: Bench) -> None:
    windows = (Window(5, LONG), Window(50, 2 * LONG))
    budget = bench.open(*windows, credentials=2)
    granted(budget, 1)
    told = budget.standing() or ()
    assert [(one.credential, one.window) for one in told] == [(n, window) for n in (0, 1) for window in windows]
    assert [one.left for one in told] == [4, 49, 5, 50]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    weights=st.lists(st.integers(1, 3), min_size=1, max_size=60),
    quotas=st.lists(st.tuples(st.integers(3, 9), st.sampled_from([1.0, 7.0, 20.0])), min_size=1, max_size=3),
    credentials=st.integers(1, 3),
)
def test_no_window_of_a_credential_ever_holds_more_than_its_weight(
    bench: Bench, weights: list[int], quotas: list[tuple[int, float]], credentials: int
) -> None:
    windows = [Window(weight, period) for weight, period in dict.fromkeys(quotas)]
    shortest = {window.period_seconds: window for window in sorted(windows, key=lambda one: -one.weight)}
    budget = bench.open(*shortest.values(), credentials=credentials)
    grants = granted(budget, *weights)
    turns = [(grant.turn / 1000, grant.credential, weight) for grant, weight in zip(grants, weights, strict=True)]
    for window in shortest.values():
        for begin, credential, _ in turns:
            # A turn is told to the millisecond.
            end = begin + window.period_seconds - 2e-3
            inside = sum(weight for at, who, weight in turns if who == credential and begin <= at < end)
            assert inside <= window.weight
