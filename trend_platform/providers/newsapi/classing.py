"""What NewsAPI's answers mean: `{"status": "error", "code": "...", "message": "..."}` beside a status.

Codes: https://newsapi.org/docs/errors. `maximumResultsReached` is the end of what the plan shows and is no failure; no more than
its first page is ever asked for.
"""

from collections.abc import Mapping

from trend_platform.errors import (
    AuthFailed,
    Malformed,
    NotEntitled,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import HttpAnswer

NAME = "newsapi"

_CODES: Mapping[str, type[ProviderError]] = {
    "apiKeyInvalid": AuthFailed,
    "apiKeyMissing": AuthFailed,
    "apiKeyDisabled": AuthFailed,
    "apiKeyExhausted": QuotaExhausted,
    "rateLimited": RateLimited,
    "upgradeRequired": NotEntitled,
    "maximumResultsReached": NotEntitled,
    "unexpectedError": Transient,
}


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    told = document if isinstance(document, Mapping) else {}
    if 200 <= answer.status < 300 and told.get("status") != "error":
        return None
    code, said = str(told.get("code") or ""), str(told.get("message") or words(answer))[:200]
    kind = _CODES.get(code)
    if kind is AuthFailed:
        return AuthFailed(NAME, f"{said}; check NEWS_API_KEY")
    if kind is not None:
        return kind(NAME, said)
    return class_of_status(NAME, answer.status, said) or Malformed(NAME, f"refused with {code or 'no code'}: {said}")
