"""What FMP's answers mean before they are parsed: `{"Error Message": ...}` with many statuses, and plain text with a 402.

The same texts come with status 200 now and then. A refusal of a millisecond's limit carries the wait in its body:
`"X-Rate-Limit-Retry-After-Milliseconds": 174`.
"""

from collections.abc import Mapping

from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    NotEntitled,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from trend_platform.providers.classing import class_of_body, class_of_refusal, words
from trend_platform.providers.http import Classify, HttpAnswer

NAME = "fmp"
_DAY_SECONDS = 86_400.0
_WAIT_MS = "X-Rate-Limit-Retry-After-Milliseconds"
_NOT_IN_PLAN = ("premium query parameter", "exclusive endpoint", "special endpoint", "premium endpoint", "subscription")
# The parameters whose refusal is about how far back was asked, and not about whose prices.
_DEPTH = ("'from'", "'to'", "'limit'")


def classifier(*, is_daily: bool) -> Classify:
    """Return the function that says what is wrong with one of FMP's answers.

    Args:
        is_daily: Whether the plan's limit is one of calls a day, as the free plan's is; a reached limit is then used up.
    """

    def classify(answer: HttpAnswer) -> ProviderError | None:
        said = words(answer)
        if answer.status == 402 or said.lower().startswith(_NOT_IN_PLAN):
            # The one refusal that is told as text, and now and then with a 200.
            return _refusal(answer, said, is_daily=is_daily)
        unreadable = class_of_body(NAME, answer)
        if unreadable is not None:
            return unreadable
        said = _said(answer.document)
        if 200 <= answer.status < 300 and not said:
            return None
        return _refusal(answer, said or words(answer), is_daily=is_daily)

    return classify


def _said(document: object) -> str:
    told = document.get("Error Message") or document.get("error") if isinstance(document, Mapping) else None
    return str(told)[:200] if told else ""


def _refusal(answer: HttpAnswer, said: str, *, is_daily: bool) -> ProviderError:
    text = said.lower()
    if answer.status == 401 or "api key" in text:
        return AuthFailed(NAME, f"{said}; check FMP_API_KEY")
    if "legacy endpoint" in text:
        return NotEntitled(
            NAME, f"{said}; accounts opened since 2025-08-31 have the stable API only: leave base_url unset"
        )
    if answer.status == 402 or any(part in text for part in _NOT_IN_PLAN):
        return (BeyondDepth if any(part in text for part in _DEPTH) else NotEntitled)(NAME, said)
    if answer.status == 429 or "limit reach" in text:
        return _limit(answer, said, is_daily=is_daily)
    return class_of_refusal(NAME, answer.status, said)


def _limit(answer: HttpAnswer, said: str, *, is_daily: bool) -> ProviderError:
    if is_daily and "limit reach" in said.lower():
        return QuotaExhausted(NAME, said, _DAY_SECONDS)
    wait = answer.document.get(_WAIT_MS) if isinstance(answer.document, Mapping) else None
    return RateLimited(NAME, said, wait / 1000 if isinstance(wait, (int, float)) and wait > 0 else None)
