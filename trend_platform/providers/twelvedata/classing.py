"""What Twelve Data's answers mean before they are parsed: `{"code", "message", "status": "error"}`, with status 200 as well.

Nothing on the asked dates is told as an error too, and is an empty answer. Credits come back with the minute of the clock,
the day's at midnight UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from trend_platform.domain.clock import Clock
from trend_platform.errors import (
    AuthFailed,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import Classify, HttpAnswer
from trend_platform.providers.pace import seconds_to_midnight

NAME = "twelvedata"
_PLANS = ("available starting with", "available exclusively", "consider upgrading", "upgrade your plan")


class NothingInside(NothingThere):
    """The symbol is known, and there is nothing of it on the asked dates."""


def classifier(clock: Clock) -> Classify:
    """Return the function that says what is wrong with one of Twelve Data's answers.

    The clock tells how long it is until credits come back.
    """

    def classify(answer: HttpAnswer) -> ProviderError | None:
        unreadable = class_of_body(NAME, answer)
        if unreadable is not None:
            return unreadable
        refused = refusal(answer.document, clock.now())
        return refused or class_of_status(NAME, answer.status, words(answer))

    return classify


def refusal(document: object, now: datetime) -> ProviderError | None:
    """Return the error that a document, or the part of one symbol in it, tells; `None` if it tells none."""
    if not isinstance(document, Mapping) or document.get("status") != "error":
        return None
    code, said = document.get("code"), str(document.get("message", ""))[:200]
    status = code if isinstance(code, int) else 0
    if status == 429 or "run out of api credits" in said.lower():
        return _out_of_credits(said, now)
    kind = _kind(status, said.lower())
    if kind is AuthFailed:
        return AuthFailed(NAME, f"{said}; check TWELVE_DATA_API_KEY")
    if kind is not None:
        return kind(NAME, said)
    return class_of_status(NAME, status, said) or Malformed(NAME, f"calls itself an error of code {code}: {said}")


def _kind(status: int, text: str) -> type[ProviderError] | None:
    is_unknown = "symbol" in text and ("not found" in text or "invalid" in text)
    told: tuple[tuple[bool, type[ProviderError]], ...] = (
        ("no data is available" in text, NothingInside),
        (status == 403 or any(plan in text for plan in _PLANS), NotEntitled),
        (status == 401 or "apikey" in text, AuthFailed),
        (status == 404 or is_unknown, NothingThere),
    )
    return next((kind for is_told, kind in told if is_told), None)


def _out_of_credits(said: str, now: datetime) -> ProviderError:
    if "for the day" in said or "daily" in said.lower():
        return QuotaExhausted(NAME, said, seconds_to_midnight(now, UTC))
    # The minute is that of their clock: one second more, and never more than a minute.
    return RateLimited(NAME, said, min(60.0, 61.0 - now.second))
