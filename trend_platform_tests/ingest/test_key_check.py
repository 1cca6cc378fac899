from dataclasses import replace

import pytest

from trend_platform.domain.budgets import Standing, Window
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass
from trend_platform.errors import AuthFailed, Blocked, NotEntitled, NothingThere, ProviderError, Transient
from trend_platform.ingest.key_check import KeyState, check_key
from trend_platform.providers.base import Capabilities
from trend_platform_tests.ingest.stall import NOW, Stall

CLOCK = ManualClock(NOW)


@pytest.mark.parametrize(
    ("failure", "state", "says"),
    [
        (None, KeyState.VALID, "answered in 0.0"),
        (AuthFailed("one", "unknown key"), KeyState.REFUSED, "one: unknown key"),
        (NotEntitled("one", "a bigger plan"), KeyState.VALID, "taken, but its plan lacks AAPL"),
        (NothingThere("one", "no such symbol"), KeyState.VALID, "AAPL is not known there"),
        (Transient("one", "answered 503"), KeyState.UNKNOWN, "answered 503"),
        (Blocked("one", "a wall"), KeyState.UNKNOWN, "a wall"),
    ],
)
async def test_the_answer_to_one_question_tells(failure: ProviderError | None, state: KeyState, says: str):
    one = Stall("one", failure)
    found = await check_key(one, CLOCK)
    assert (found.state, one.quoted, one.asked) == (state, ["AAPL"], [])
    assert says in found.detail


class NoQuotes(Stall):
    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, quotes=frozenset())


async def test_one_without_latest_prices_is_asked_for_some_days():
    one = NoQuotes("one", classes=frozenset({AssetClass.CRYPTO}))
    assert ((await check_key(one, CLOCK)).state, one.asked) == (KeyState.VALID, ["BTC-USD"])


def standing(used: float, per_seconds: float = 60.0, credential: int = 0, rests: float = 0.0) -> Standing:
    return Standing(credential, Window(5.0, per_seconds), used, rests)


@pytest.mark.parametrize(
    ("standings", "says"),
    [
        ([standing(0.0, 1.0), standing(5.0)], "nothing was sent: its quota of 5 per minute is used up"),
        ([standing(5.0, 86_400.0, 0), standing(5.0, 60.0, 1)], "nothing was sent: its quota of 5 per day is used up"),
        ([standing(0.0, rests=300.0)], "nothing was sent: it refused before and is left alone for another 300 s"),
    ],
)
async def test_where_the_quota_is_used_up_that_is_said_at_once_and_nothing_is_sent(
    standings: list[Standing], says: str
):
    one = Stall("one", slow_seconds=60.0)
    found = await check_key(one, CLOCK, standings)
    assert (found.state, one.quoted) == (KeyState.UNKNOWN, [])
    assert says in found.detail


@pytest.mark.parametrize(
    "standings",
    [
        [standing(4.0)],
        [standing(5.0, 1.0)],
        [standing(5.0, 60.0, 0), standing(1.0, 60.0, 1)],
        [standing(0.0, rests=2.0)],
    ],
)
async def test_what_is_free_again_in_seconds_or_with_another_credential_is_waited_for(standings: list[Standing]):
    assert (await check_key(Stall("one"), CLOCK, standings)).state is KeyState.VALID


async def test_one_that_serves_nothing_known_cannot_be_asked():
    found = await check_key(Stall("one", classes=frozenset({AssetClass.INDEX})), CLOCK)
    assert found.state is KeyState.UNKNOWN
