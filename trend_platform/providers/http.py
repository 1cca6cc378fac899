"""The one HTTP client: every provider's requests go through it, and nothing else in the platform opens a connection to one.

It asks, measures, retries what may pass and gives up with the error that says what to do next. What a body means is
the provider's to say, through `classify`; a limit on calls is the limiter's (`limits`), the rest between two attempts
is `retrying`'s.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from trend_platform.domain.clock import Clock
from trend_platform.errors import (
    Malformed,
    ProviderError,
    Transient,
    UsageError,
    WaitError,
)
from trend_platform.providers.addresses import host_of, sendable
from trend_platform.providers.limits import Limiter
from trend_platform.providers.retrying import Backoff, is_worth_retrying, with_retry_after
from trend_platform.providers.traffic import HttpMetrics, Tally

Sleep = Callable[[float], Awaitable[None]]
Params = Mapping[str, str | int | float]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class HttpAnswer:
    """One answer, whole.

    Attributes:
        status: HTTP status.
        headers: Headers by lower-case name.
        body: The body, decompressed.
        elapsed_seconds: From sending the request to the last byte, in seconds, of the last attempt.
        calls: Attempts made to get it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_seconds: float = 0.0
    calls: int = 1

    @cached_property
    def document(self) -> object:
        """Return the body as JSON, parsed once however often it is asked for.

        Raises:
            ValueError: The body is not JSON.
        """
        document: object = orjson.loads(self.body)
        return document


Classify = Callable[[HttpAnswer], ProviderError | None]
"""Says what is wrong with an answer, from its status and its body; `None` if it is what was asked for."""


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """How patient the client is.

    Attributes:
        timeout_seconds: Limit of one attempt, from connect to the last byte.
        max_attempts: Attempts of one request.
        first_wait_seconds: Upper bound of the wait after the first attempt; it doubles with each further one.
        max_wait_seconds: Longest wait between two attempts; a longer `Retry-After` gives up at once.
        concurrency: Requests under way at once.
        max_body_bytes: Size of a decompressed body beyond which it is not read on.
    """

    timeout_seconds: float = 30.0
    max_attempts: int = 5
    first_wait_seconds: float = 0.5
    max_wait_seconds: float = 60.0
    concurrency: int = 8
    max_body_bytes: int = 256 << 20


class HttpClient:
    """Asks one provider; safe for many requests at once in one event loop, the one of its first request.

    Args:
        provider: Name of the provider, for errors.
        base_url: Where its API lives; nothing is ever sent anywhere else.
        classify: Says whether an answer is a success, before anything is made of it.
        limiter: Asked before every attempt, retries included.
        clock: The time that a `Retry-After` date is compared with.
        policy: How patient to be.
        headers: Sent with every request.
        secrets: Headers whose values are credentials; they appear in no error.
        transport: The network; the real one by default.
        sleep: Waits so many seconds.
        timer: Counts seconds, for measuring.
        draw: Draws from `[0, 1)`, for jitter.

    Raises:
        ConfigurationError: The base URL is no address.
        AuthFailed: A credential cannot be sent in a header.
    """

    def __init__(
        self,
        provider: str,
        base_url: str,
        classify: Classify,
        limiter: Limiter,
        clock: Clock,
        *,
        policy: HttpPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, SecretStr] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        timer: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._provider, self._base_url = provider, base_url.rstrip("/")
        self._classify, self._limiter, self._clock = classify, limiter, clock
        self._policy = policy or HttpPolicy()
        self._host = host_of(provider, self._base_url)
        self._headers, self._secrets = dict(headers or {}), dict(secrets or {})
        # A provider may repeat the key in its own words, without what stands before it in the header.
        self._unsaid = [sendable(provider, secret).split()[-1] for secret in self._secrets.values()]
        self._transport, self._sleep, self._timer = transport, sleep, timer
        self._backoff = Backoff(self._policy.first_wait_seconds, self._policy.max_wait_seconds, draw)
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(self._policy.concurrency)
        self._tally = Tally()

    @property
    def metrics(self) -> HttpMetrics:
        """Return what the client has done so far."""
        return self._tally.snapshot()

    async def get(self, path: str, params: Params | None = None, weight: float = 1.0) -> HttpAnswer:
        """Ask for `path` below the base URL until the answer is a success or waiting is no use.

        Args:
            path: Begins with a slash; it may carry a query of its own if `params` is `None`.
            params: The query.
            weight: What each attempt costs of the provider's quotas.

        Raises:
            ProviderError: The request failed for good; `calls` says how many attempts were made.
            UsageError: `path` is not a path.
        """
        if not path.startswith("/"):
            raise UsageError(
                f"a request to {self._provider} needs a path that begins with a slash, found {path[:60]!r}"
            )
        made = 0

        async def once() -> HttpAnswer:
            nonlocal made
            made += 1
            outcome = await self._attempt(made, path, params, weight)
            if isinstance(outcome, ProviderError):
                outcome.calls = made
                raise outcome
            return outcome

        return await self._retrying()(once)

    async def close(self) -> None:
        """Release all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: is_worth_retrying(error, self._policy.max_wait_seconds)),
            stop=stop_after_attempt(self._policy.max_attempts),
            wait=self._backoff,
            sleep=self._sleep,
            before_sleep=self._count_retry,
            reraise=True,
        )

    def _count_retry(self, _state: RetryCallState) -> None:
        self._tally.retries += 1

    async def _attempt(
        self, number: int, path: str, params: Params | None, weight: float
    ) -> HttpAnswer | ProviderError:
        # Failures are returned, not chained: a transport's own error holds the request, and with it the key.
        async with self._slots:
            await self._limiter.acquire(weight)
            self._tally.calls += 1
            started = self._timer()
            outcome = await self._send(path, params)
            elapsed = self._timer() - started
        if isinstance(outcome, ProviderError):
            self._tally.lost += 1
            return outcome
        answer = replace(outcome, elapsed_seconds=elapsed, calls=number)
        self._tally.count(answer.status, len(answer.body), elapsed)
        return self._judged(answer)

    async def _send(self, path: str, params: Params | None) -> HttpAnswer | ProviderError:
        limit = self._policy.timeout_seconds
        try:
            async with asyncio.timeout(limit):
                return await self._read(path, params)
        except (TimeoutError, httpx.TimeoutException):
            return Transient(
                self._provider, f"no answer within {limit:g} s; raise timeout_seconds if that is too short"
            )
        except (httpx.TransportError, httpx.DecodingError) as error:
            return Transient(self._provider, f"the connection failed ({type(error).__name__}) at {self._host}")
        except _TooLarge:
            return Malformed(
                self._provider, f"a body above the limit of {self._policy.max_body_bytes} bytes; ask for less"
            )

    async def _read(self, path: str, params: Params | None) -> HttpAnswer:
        client = self._open()
        async with client.stream("GET", self._base_url + path, params=params, headers=self._credentials()) as response:
            chunks, size = [], 0
            async for chunk in response.aiter_bytes(_CHUNK_BYTES):
                size += len(chunk)
                if size > self._policy.max_body_bytes:
                    raise _TooLarge
                chunks.append(chunk)
        return HttpAnswer(response.status_code, _lower(response.headers), b"".join(chunks))

    def _judged(self, answer: HttpAnswer) -> HttpAnswer | ProviderError:
        error = self._redirected(answer) if answer.status in _REDIRECTS else self._classify(answer)
        if error is None:
            return answer
        for unsaid in self._unsaid:
            error.args = tuple(str(arg).replace(unsaid, "***") for arg in error.args)
        return with_retry_after(error, answer.headers, self._clock.now()) if isinstance(error, WaitError) else error

    def _redirected(self, answer: HttpAnswer) -> ProviderError:
        host = urlsplit(answer.headers.get("location", "")).hostname or "an unnamed place"
        return Malformed(
            self._provider,
            f"{self._host} sent the request on to {host}; a key is not sent after it: "
            "if the API has moved, set the provider's base_url",
        )

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            count = self._policy.concurrency
            self._client = httpx.AsyncClient(
                http2=True,
                transport=self._transport,
                timeout=self._policy.timeout_seconds,
                limits=httpx.Limits(max_connections=count, max_keepalive_connections=count),
                headers=self._headers,
                trust_env=self._host not in _LOOPBACK,
            )
        return self._client

    def _credentials(self) -> dict[str, str]:
        return {name: secret.get_secret_value() for name, secret in self._secrets.items()}


class _TooLarge(Exception):
    """A body grew beyond the limit while it was read."""


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
