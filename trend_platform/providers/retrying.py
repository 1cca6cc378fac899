"""What happens between two attempts: which errors are worth another one, and how long to wait before it.

Exponential backoff with full jitter, and `Retry-After` with its traps: zero is no hint, nor is a negative number, a
date that has passed or anything unreadable. The attempts themselves are tenacity's, driven by `http`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tenacity import RetryCallState
from tenacity.wait import wait_base

from trend_platform.errors import QuotaExhausted, RateLimited, Transient, WaitError
from trend_platform.providers.instants import instant_of_date

# A provider that asks for an hour or more has not seen a burst but the end of an allowance.
_EXHAUSTED_SECONDS = 3600.0
# A credential that was refused without a word on how long rests for a minute, where others can serve meanwhile.
_REST_UNTOLD_SECONDS = 60.0
# No provider's hint: a `Retry-After` of zero is none.
_AT_ONCE = 0.0

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Backoff(wait_base):
    """Waits a random part of a bound that doubles, never less than the provider asked for.

    Attributes:
        first_seconds: Bound after the first attempt.
        max_seconds: Bound that is never passed.
        draw: Draws from `[0, 1)`.
        jitter_seconds: The random part is this much on top of the bound; `None` makes all of the bound random.
    """

    first_seconds: float
    max_seconds: float
    draw: Callable[[], float]
    jitter_seconds: float | None = None

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds to wait after the attempt that just failed."""
        bound = min(self.max_seconds, self.first_seconds * 2.0 ** min(retry_state.attempt_number - 1, 60))
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, WaitError) else None
        if asked == _AT_ONCE:
            return asked
        own = self.draw() * bound if self.jitter_seconds is None else bound + self.draw() * self.jitter_seconds
        return max(asked or 0.0, own)


def is_worth_retrying(error: BaseException, max_wait_seconds: float) -> bool:
    """Return whether the same request may succeed within the wait that is allowed."""
    if not isinstance(error, (RateLimited, Transient)):
        return False
    return (error.retry_after_seconds or 0.0) <= max_wait_seconds


def with_retry_after(error: WaitError, headers: Mapping[str, str], now: datetime) -> WaitError:
    """Return `error` with the provider's `Retry-After`, unless it has one of its own.

    A rate limit that lasts an hour or longer becomes `QuotaExhausted`: another provider serves meanwhile.
    """
    if error.retry_after_seconds is None:
        error.retry_after_seconds = retry_after_seconds(headers, now)
    wait = error.retry_after_seconds
    if isinstance(error, RateLimited) and wait is not None and wait >= _EXHAUSTED_SECONDS:
        message = str(error).removeprefix(f"{error.provider}: ")
        return QuotaExhausted(error.provider, f"{message} (asked to wait {wait:.0f} s)", wait)
    return error


def rest_seconds(outcome: object, headers: Mapping[str, str], are_several: bool) -> float | None:
    """Return how long a credential is to be left alone after an answer; `None` if the answer asks for no rest.

    An allowance that only the body calls used up may be that of one endpoint or one symbol: a credential that has no
    other beside it is not put to rest for it.

    Args:
        outcome: What was made of the answer.
        headers: Headers by lower-case name.
        are_several: Whether other credentials can serve meanwhile.
    """
    if not isinstance(outcome, (RateLimited, QuotaExhausted)):
        return None
    if isinstance(outcome, QuotaExhausted) and not are_several and "retry-after" not in headers:
        return None
    return outcome.retry_after_seconds or (_REST_UNTOLD_SECONDS if are_several else None)


def with_another_credential(outcome: Outcome) -> Outcome | RateLimited:
    """Return a refusal of one credential among several as one that is worth another attempt at once.

    Whose turn it is then, and how long it takes if all of them rest, the limiter decides.
    """
    if isinstance(outcome, (RateLimited, QuotaExhausted)):
        message = str(outcome).removeprefix(f"{outcome.provider}: ")
        return RateLimited(outcome.provider, f"{message} (one credential of several)", _AT_ONCE)
    return outcome


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how long a provider asks to wait, in seconds; `None` if it gives no usable hint.

    Args:
        headers: Headers by lower-case name; `retry-after` holds seconds or an HTTP date (RFC 9110, section 10.2.3).
        now: The present instant, aware.
    """
    text = headers.get("retry-after", "").strip()
    seconds = _number(text)
    if seconds is None:
        seconds = _until(text, now)
    return seconds if seconds is not None and math.isfinite(seconds) and seconds > 0 else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _until(text: str, now: datetime) -> float | None:
    instant = instant_of_date(text)
    return None if instant is None else (instant - now).total_seconds()
