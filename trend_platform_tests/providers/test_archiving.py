"""Answers on their way into the archive: what is kept of each, and that no key is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import ProviderError
from trend_platform.providers.archiving import Exchange, exchange_of
from trend_platform.providers.http import HttpClient, HttpPolicy
from trend_platform.providers.limits import SlidingWindowLimiter
from trend_platform_tests.providers.network import KEY, NOW, FakeTime, Reply, Script, classify

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUERY_KEY = "qu3ry+key"


@dataclass
class Shelf:
    """An archive in memory."""

    kept: list[Exchange] = field(default_factory=list)

    def keep(self, exchange: Exchange) -> None:
        self.kept.append(exchange)

    def keep_request(self, at: datetime, request: object) -> None:
        raise AssertionError((at, request))


def client(shelf: Shelf, *replies: Reply) -> HttpClient:
    time = FakeTime()
    return HttpClient(
        "fake",
        "http://fake.test/api",
        classify,
        SlidingWindowLimiter([]),
        ManualClock(NOW),
        policy=HttpPolicy(max_attempts=2),
        secrets={"Authorization": SecretStr(f"Bearer {KEY}")},
        secret_params={"apikey": SecretStr(QUERY_KEY)},
        archive=shelf,
        transport=Script(replies),
        sleep=time.sleep,
        timer=time.timer,
    )


async def test_an_answer_is_kept_with_what_was_asked_and_when() -> None:
    shelf = Shelf()
    await client(shelf, (200, {"X-Request-Id": "r-1", "Content-Type": "application/json"}, b'{"a": 1}')).get(
        "/bars", {"symbol": "BRK.B"}
    )
    (kept,) = shelf.kept
    assert (kept.provider, kept.url) == ("fake", "http://fake.test/api/bars?symbol=BRK.B")
    assert (kept.asked_at, kept.status, kept.body, kept.request_id) == (NOW, 200, b'{"a": 1}', "r-1")
    assert kept.headers["content-type"] == "application/json"


async def test_refusals_are_kept_as_well_each_attempt_by_itself() -> None:
    shelf = Shelf()
    await client(shelf, (503, {}, b"{}"), (200, {}, b"{}")).get("/x")
    assert [kept.status for kept in shelf.kept] == [503, 200]


async def test_a_connection_that_failed_leaves_nothing_to_keep() -> None:
    shelf = Shelf()
    with pytest.raises(ProviderError):
        await client(shelf, httpx.ConnectError("lost")).get("/x")
    assert shelf.kept == []


@pytest.mark.parametrize("told", [QUERY_KEY, "qu3ry%2Bkey", KEY])
async def test_a_key_that_an_answer_repeats_is_kept_nowhere(told: str) -> None:
    shelf = Shelf()
    body = f'{{"a": 1, "next_url": "http://fake.test/api/x?apikey={told}"}}'.encode()
    await client(shelf, (200, {"Link": f"<http://fake.test/?apikey={told}>"}, body)).get("/x")
    (kept,) = shelf.kept
    assert told not in repr(kept)
    assert b"apikey=***" in kept.body


def test_cookies_and_what_belongs_to_the_connection_are_left_out() -> None:
    headers = {"set-cookie": "session=1", "content-encoding": "br", "content-length": "9", "cf-ray": "8f2"}
    kept = exchange_of("fake", "http://fake.test/", AT, (200, headers, b""), [])
    assert (dict(kept.headers), kept.request_id) == ({"cf-ray": "8f2"}, "8f2")
