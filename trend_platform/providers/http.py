"""The one HTTP client: every provider's requests go through it, and nothing else in the platform opens a connection to one.

It asks, measures, retries what may pass and gives up with the error that says what to do next. What a body means is
the provider's to say, through `classify`; a limit on calls is the limiter's (`limits`), the rest between two attempts
is `retrying`'s.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from trend_platform.domain.clock import Clock
from trend_platform.errors import (
    Blocked,
    Malformed,
    ProviderError,
    Transient,
    UsageError,
    WaitError,
)
from trend_platform.providers.addresses import host_of, unsaid_words
from trend_platform.providers.answers import Classify, HttpAnswer
from trend_platform.providers.archiving import Archive, exchange_of
from trend_platform.providers.credentials import Credential
from trend_platform.providers.limits import Limiter
from trend_platform.providers.retrying import (
    Backoff,
    is_worth_retrying,
    rest_seconds,
    with_another_credential,
    with_retry_after,
)
from trend_platform.providers.traffic import HttpMetrics, Tally
from trend_platform.providers.watching import tell_attempt
from trend_platform.providers.wire_logs import keep_secrets_out_of_logs

__all__ = ["KEYLESS_ADDRESS", "Classify", "HttpAnswer", "HttpClient", "HttpPolicy", "Params", "Sleep"]

Sleep = Callable[[float], Awaitable[None]]
Params = Mapping[str, str | int | float]

KEYLESS_ADDRESS = "trend.keyless_address"
"""Under this name a transport finds, among a request's extensions, the address without any key."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """How patient the client is.

    Attributes:
        timeout_seconds: Limit of one attempt, from connect to the last byte.
        max_attempts: Attempts of one request.
        first_wait_seconds: Upper bound of the wait after the first attempt; it doubles with each further one.
        jitter_seconds: What chance adds to each wait at most; `None` lets chance decide over all of it.
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
    jitter_seconds: float | None = None


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
        secret_params: The same in the query, for providers that take a key nowhere else; they appear in no error and no log.
        spares: Further credentials of the same provider; they take turns as the limiter says.
        archive: Keeps each answer, without the key.
        transport: The network; the real one by default.
        sleep: Waits so many seconds.
        timer: Counts seconds, for measuring.
        draw: Draws from `[0, 1)`, for jitter.

    Raises:
        ConfigurationError: The base URL is no address.
        AuthFailed: A credential cannot be sent.
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
        secret_params: Mapping[str, SecretStr] | None = None,
        spares: Sequence[Credential] = (),
        archive: Archive | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        timer: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._provider, self._base_url = provider, base_url.rstrip("/")
        self._classify, self._limiter, self._clock = classify, limiter, clock
        self._policy = policy or HttpPolicy()
        self._host = host_of(provider, self._base_url)
        self._headers, self._archive = dict(headers or {}), archive
        self._credentials = (Credential(secrets or {}, secret_params or {}), *spares)
        # A provider may repeat the key in its own words, without what stands before it in the header.
        self._unsaid = unsaid_words(provider, [secret for one in self._credentials for secret in one.secrets])
        self._transport, self._sleep, self._timer = transport, sleep, timer
        self._backoff = Backoff(
            self._policy.first_wait_seconds, self._policy.max_wait_seconds, draw, self._policy.jitter_seconds
        )
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
            turn = (await self._limiter.acquire(weight)).credential
            self._tally.calls += 1
            asked_at, started = self._clock.now(), self._timer()
            outcome = await self._send(path, params, self._credentials[turn])
            elapsed = self._timer() - started
        if isinstance(outcome, ProviderError):
            self._tally.lost += 1
            tell_attempt(elapsed, outcome)
            return outcome
        answer = replace(outcome, elapsed_seconds=elapsed, calls=number)
        self._tally.count(answer.status, len(answer.body), elapsed)
        if self._archive is not None:
            told = answer.status, answer.headers, answer.body
            kept = exchange_of(self._provider, str(self._address(path, params)), asked_at, told, self._unsaid)
            await asyncio.to_thread(self._archive.keep, kept)
        judged, are_several = self._judged(answer), len(self._credentials) > 1
        tell_attempt(elapsed, judged if isinstance(judged, ProviderError) else None)
        await self._limiter.observed(answer.headers, turn, rest_seconds(judged, answer.headers, are_several))
        return with_another_credential(judged) if are_several else judged

    async def _send(self, path: str, params: Params | None, credential: Credential) -> HttpAnswer | ProviderError:
        limit = self._policy.timeout_seconds
        try:
            async with asyncio.timeout(limit):
                return await self._read(path, params, credential)
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

    async def _read(self, path: str, params: Params | None, credential: Credential) -> HttpAnswer:
        client, address = self._open(), self._address(path, params)
        told = {KEYLESS_ADDRESS: str(address)}
        async with client.stream(
            "GET", credential.on(address), headers=credential.header_values(), extensions=told
        ) as response:
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
        kind = Blocked if host.startswith("consent.") else Malformed
        return kind(
            self._provider,
            f"{self._host} sent the request on to {host}; a key is not sent after it: "
            "if the API has moved, set the provider's base_url",
        )

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            keep_secrets_out_of_logs()
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

    def _address(self, path: str, params: Params | None) -> httpx.URL:
        address = self._base_url + path
        return httpx.URL(address) if params is None else httpx.URL(address, params=params)


class _TooLarge(Exception):
    """A body grew beyond the limit while it was read."""


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
