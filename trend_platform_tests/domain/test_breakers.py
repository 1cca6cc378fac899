from datetime import UTC, datetime, timedelta

import pytest

from trend_platform import errors
from trend_platform.domain.breakers import BreakerPolicy, Trip, is_final, is_sick, trip_after

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
POLICY = BreakerPolicy(failures=3, rest=timedelta(seconds=30), longest_rest=timedelta(minutes=15))
DOWN = errors.Transient("p", "answered 503")


def trip(error: errors.ProviderError, failures: int = 1, before: Trip | None = None) -> Trip | None:
    return trip_after(error, failures, before, NOW, POLICY)


def test_faults_that_pass_open_after_so_many_in_a_row():
    assert (trip(DOWN, 1), trip(DOWN, 2)) == (None, None)
    opened = trip(DOWN, 3)
    assert opened == Trip(
        NOW + timedelta(seconds=30), 1, passes=True, reason="3 failures in a row, the last one: answered 503"
    )


@pytest.mark.parametrize("error", [errors.AuthFailed("p", "bad key"), errors.Blocked("p", "a wall for bots")])
def test_a_refused_key_and_a_wall_for_bots_open_at_once(error):
    assert trip(error) is not None


@pytest.mark.parametrize(
    "kind",
    [errors.NothingThere, errors.NotEntitled, errors.BeyondDepth, errors.GranularityMismatch, errors.BasisMismatch],
)
def test_an_answer_about_what_was_asked_says_nothing_about_health(kind):
    assert not is_sick(kind("p", "no"))
    assert trip(kind("p", "no"), 99) is None


def test_each_probe_that_fails_doubles_the_rest_up_to_the_longest():
    rests, before = [], None
    for _ in range(7):
        before = trip(DOWN, 3, before)
        rests.append((before.until - NOW).total_seconds())
    assert rests == [30, 60, 120, 240, 480, 900, 900]


def test_a_probe_that_fails_opens_again_after_one_failure():
    assert trip(DOWN, 1, trip(DOWN, 3)).openings == 2


def test_what_a_provider_asks_for_is_obeyed_where_it_is_longer():
    told = trip(errors.RateLimited("p", "slow down", 120.0), 3)
    assert told.until == NOW + timedelta(seconds=120)


def test_a_quota_rests_until_it_begins_anew_and_is_looked_at_again_after_six_hours():
    assert trip(errors.QuotaExhausted("p", "used up", 7200.0), 3).until == NOW + timedelta(hours=2)
    assert trip(errors.QuotaExhausted("p", "used up", 30 * 86400.0), 3).until == NOW + timedelta(hours=6)
    assert trip(errors.QuotaExhausted("p", "used up"), 3).until == NOW + timedelta(minutes=15)


def test_only_a_refused_key_makes_further_asking_no_use_for_whoever_has_nobody_else():
    kinds = [errors.AuthFailed, errors.Blocked, errors.QuotaExhausted, errors.Transient, errors.Malformed]
    assert [is_final(kind("p", "no")) for kind in kinds] == [True, False, False, False, False]
