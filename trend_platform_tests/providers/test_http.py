"""The HTTP client: retries, patience, limits of size and time, secrets, metrics."""

import asyncio
import traceback
from collections.abc import AsyncIterator

import httpx
import pytest

from trend_platform.errors import (
    Blocked,
    Malformed,
    NotEntitled,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
    UsageError,
)
from trend_platform.providers.base import Quota
from trend_platform.providers.http import HttpAnswer, HttpPolicy
from trend_platform_tests.providers.network import KEY, FakeTime, Reply, Script, client

OK: Reply = (200, {}, b'{"a": 1}')
BUSY: Reply = (429, {}, b"{}")
DOWN: Reply = (503, {}, b"{}")


async def test_an_answer_carries_its_json_and_its_calls() -> None:
    answer = await client(Script([OK]), FakeTime()).get("/x")
    assert (answer.status, answer.document, answer.calls) == (200, {"a": 1}, 1)


async def test_what_may_pass_is_asked_again_with_growing_waits() -> None:
    time = FakeTime()
    answer = await client(Script([DOWN, BUSY, DOWN, OK]), time, HttpPolicy(first_wait_seconds=1.0)).get("/x")
    assert answer.calls == 4
    assert time.slept == [0.5, 1.0, 2.0]


async def test_a_wait_is_never_longer_than_allowed() -> None:
    time = FakeTime()
    with pytest.raises(Transient):
        await client(Script([DOWN]), time, HttpPolicy(first_wait_seconds=8, max_wait_seconds=10, max_attempts=6)).get(
            "/x"
        )
    assert max(time.slept) == 5.0
    assert len(time.slept) == 5


@pytest.mark.parametrize("hint", ["0", "-5", "soon", "nan", "inf", "Fri, 20 Nov 2026 11:59:00 GMT", ""])
async def test_a_retry_after_that_means_nothing_is_no_hint(hint: str) -> None:
    time = FakeTime()
    await client(Script([(429, {"Retry-After": hint}, b"{}"), OK]), time, HttpPolicy(first_wait_seconds=4)).get("/x")
    assert time.slept == [2.0]


@pytest.mark.parametrize(("hint", "seconds"), [("7", 7.0), ("2.5", 2.5), ("Fri, 20 Nov 2026 12:00:09 GMT", 9.0)])
async def test_a_retry_after_is_obeyed(hint: str, seconds: float) -> None:
    time = FakeTime()
    await client(Script([(503, {"Retry-After": hint}, b"{}"), OK]), time).get("/x")
    assert time.slept == [seconds]


async def test_a_retry_after_beyond_patience_gives_up_at_once_and_says_how_long() -> None:
    time = FakeTime()
    with pytest.raises(RateLimited) as caught:
        await client(Script([(429, {"Retry-After": "61"}, b"{}")]), time, HttpPolicy(max_wait_seconds=60)).get("/x")
    assert (caught.value.retry_after_seconds, caught.value.calls, time.slept) == (61.0, 1, [])


async def test_a_retry_after_of_hours_is_a_used_up_quota() -> None:
    with pytest.raises(QuotaExhausted) as caught:
        await client(Script([(429, {"Retry-After": "7200"}, b"{}")]), FakeTime()).get("/x")
    assert caught.value.retry_after_seconds == 7200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 451])
async def test_what_will_not_pass_is_asked_once(status: int) -> None:
    script = Script([(status, {}, b'{"error": "no"}'), OK])
    with pytest.raises(ProviderError) as caught:
        await client(script, FakeTime()).get("/x")
    assert (len(script.requests), caught.value.calls) == (1, 1)


async def test_a_lost_connection_and_a_timeout_are_asked_again() -> None:
    lost = httpx.ConnectError("no route"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")
    http = client(Script([*lost, OK]), FakeTime())
    assert (await http.get("/x")).calls == 4
    assert http.metrics.lost == 3


async def test_an_attempt_ends_with_its_time_though_bytes_keep_coming() -> None:
    class Dripping(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            async def drops() -> AsyncIterator[bytes]:
                while True:
                    await asyncio.sleep(0.01)
                    yield b" "

            return httpx.Response(200, content=drops())

    with pytest.raises(Transient, match="no answer within"):
        await client(Dripping(), FakeTime(), HttpPolicy(timeout_seconds=0.1, max_attempts=1)).get("/x")


async def test_a_body_cut_short_is_asked_again() -> None:
    assert (await client(Script([(200, {}, b'{"a": [1, 2'), OK]), FakeTime()).get("/x")).calls == 2


async def test_a_web_page_with_status_200_is_a_wall() -> None:
    with pytest.raises(Blocked):
        await client(Script([(200, {}, b"<html>who are you?</html>")]), FakeTime()).get("/x")


async def test_a_body_without_end_is_not_read_on() -> None:
    with pytest.raises(Malformed, match="above the limit of 100 bytes"):
        await client(Script([(200, {}, b"[" + b" " * 200)]), FakeTime(), HttpPolicy(max_body_bytes=100)).get("/x")


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    script = Script([(302, {"Location": "https://evil.test/?a=b"}, b""), OK])
    with pytest.raises(Malformed, match=r"sent the request on to evil\.test"):
        await client(script, FakeTime()).get("/x")
    assert len(script.requests) == 1


@pytest.mark.parametrize("path", ["http://evil.test/x", "x", "@evil.test/x", ""])
async def test_only_paths_below_the_base_url_can_be_asked(path: str) -> None:
    with pytest.raises(UsageError):
        await client(Script([OK]), FakeTime()).get(path)


async def test_two_slashes_do_not_lead_to_another_host() -> None:
    script = Script([OK])
    await client(script, FakeTime()).get("//evil.test/x")
    assert script.requests[0].url.host == "fake.test"


@pytest.mark.parametrize(
    "reply",
    [httpx.ConnectError(f"lost {KEY}"), (500, {}, b"{}"), (200, {}, b"<p>"), (403, {}, f'{{"e": "{KEY}"}}'.encode())],
)
async def test_no_error_carries_the_key(reply: Reply) -> None:
    script = Script([reply])
    with pytest.raises(ProviderError) as caught:
        await client(script, FakeTime()).get("/x")
    assert script.requests[0].headers["authorization"] == KEY
    assert KEY not in str(script.requests[0].url)
    told = "".join(traceback.format_exception(caught.value))
    assert KEY not in told + repr(caught.value.args)
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value.__context__, httpx.HTTPError)


async def test_retries_count_against_the_quota_too() -> None:
    time = FakeTime()
    await client(Script([DOWN, DOWN, OK]), time, HttpPolicy(first_wait_seconds=0.1), [Quota(1, 60)]).get("/x")
    assert time.seconds >= 120


async def test_no_more_requests_are_under_way_than_allowed() -> None:
    class Counting(httpx.AsyncBaseTransport):
        under_way = most = 0

        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0.001)
            self.under_way -= 1
            return httpx.Response(200, content=b"{}")

    transport = Counting()
    http = client(transport, FakeTime(), HttpPolicy(concurrency=3))
    await asyncio.gather(*(http.get("/x") for _ in range(20)))
    assert transport.most == 3


async def test_the_metrics_count_what_happened_and_stay_as_they_were() -> None:
    http = client(Script([DOWN, OK]), FakeTime())
    before = http.metrics
    await http.get("/x")
    after = http.metrics
    assert (before.calls, after.calls, after.retries, after.bytes_received) == (0, 2, 1, 10)
    assert after.statuses == {503: 1, 200: 1}


async def test_a_document_is_parsed_once_for_classing_and_use() -> None:
    seen: list[object] = []

    def remember(answer: HttpAnswer) -> None:
        seen.append(answer.document)

    answer = await client(Script([OK]), FakeTime(), classifier=remember).get("/x")
    assert answer.document is seen[0]


async def test_a_plan_that_lacks_the_data_is_told_from_a_wrong_key() -> None:
    with pytest.raises(NotEntitled):
        await client(Script([(402, {}, b"{}")]), FakeTime()).get("/x")
