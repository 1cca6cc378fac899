from dataclasses import replace

import pytest

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


async def test_one_that_serves_nothing_known_cannot_be_asked():
    found = await check_key(Stall("one", classes=frozenset({AssetClass.INDEX})), CLOCK)
    assert found.state is KeyState.UNKNOWN
