"""A network of replies written down beforehand, and a client on it that never really waits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import ProviderError
from trend_platform.providers.base import Quota
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import HttpAnswer, HttpClient, HttpPolicy
from trend_platform.providers.limits import SlidingWindowLimiter

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "k3y-of-the-user"
Reply = tuple[int, Mapping[str, str], bytes] | Exception


@dataclass(slots=True)
class FakeTime:
    """A timer that only sleeping moves."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def timer(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Script(httpx.AsyncBaseTransport):
    """Answers the requests in turn; the last reply is repeated."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._replies = list(replies)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = self._replies[min(len(self.requests), len(self._replies) - 1)]
        self.requests.append(request)
        if isinstance(reply, Exception):
            raise reply
        status, headers, body = reply
        return httpx.Response(status, headers=dict(headers), content=body)


def classify(answer: HttpAnswer) -> ProviderError | None:
    return class_of_body("fake", answer) or class_of_status("fake", answer.status, words(answer))


def client(
    transport: httpx.AsyncBaseTransport,
    time: FakeTime,
    policy: HttpPolicy | None = None,
    quotas: Sequence[Quota] = (),
    classifier: Callable[[HttpAnswer], ProviderError | None] = classify,
    secret_params: Mapping[str, SecretStr] | None = None,
) -> HttpClient:
    return HttpClient(
        "fake",
        "http://fake.test/api",
        classifier,
        SlidingWindowLimiter(quotas, timer=time.timer, sleep=time.sleep),
        ManualClock(NOW),
        policy=policy,
        secrets={"Authorization": SecretStr(KEY)},
        secret_params=secret_params,
        transport=transport,
        sleep=time.sleep,
        timer=time.timer,
        draw=lambda: 0.5,
    )
