"""One refusal stops every call to a provider, for as long as is worth waiting for."""

import asyncio

import httpx
import pytest

from trend_platform.errors import RateLimited
from trend_platform.providers.pausing import Pause, PausingClient
from trend_platform_tests.providers.network import FakeTime, Reply, Script, client

_FINE: Reply = (200, {}, b"{}")


def _pausing(script: Script, time: FakeTime, pause: Pause, max_wait_seconds: float = 60.0) -> PausingClient:
    http = client(script, time)
    return PausingClient("fake", http, pause, concurrency=2, max_wait_seconds=max_wait_seconds, sleep=time.sleep)


async def test_a_short_pause_is_waited_for_and_then_everything_is_asked() -> None:
    script, time = Script([_FINE]), FakeTime()
    pause = Pause(time.timer)
    pause.hold(30.0)
    await _pausing(script, time, pause).get("/a")
    assert (time.slept, len(script.requests)) == ([30.0], 1)


async def test_a_long_pause_refuses_at_once_and_says_how_long_it_lasts() -> None:
    script, time = Script([_FINE]), FakeTime()
    pause = Pause(time.timer)
    pause.hold(300.0)
    time.seconds = 100.0
    with pytest.raises(RateLimited, match="another 200 s; nothing was sent") as caught:
        await _pausing(script, time, pause).get("/a")
    assert caught.value.retry_after_seconds == 200.0
    assert (time.slept, script.requests) == ([], [])


async def test_calls_that_wait_for_a_turn_notice_a_pause_that_began_meanwhile() -> None:
    time = FakeTime()
    pause = Pause(time.timer)

    class Holding(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            pause.hold(300.0)
            return await super().handle_async_request(request)

    script = Holding([_FINE])
    pausing = _pausing(script, time, pause)
    outcomes = await asyncio.gather(*(pausing.get("/a") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 19
    assert len(script.requests) == 1


def test_a_pause_is_never_shortened() -> None:
    time = FakeTime()
    pause = Pause(time.timer)
    pause.hold(300.0)
    pause.hold(10.0)
    assert pause.remaining_seconds == 300.0
    time.seconds = 301.0
    assert pause.remaining_seconds == 0.0
