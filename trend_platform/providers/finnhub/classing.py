"""What Finnhub's answers mean before they are parsed: `{"error": "..."}` beside a status, and no other shape of refusal.

Words: https://finnhub.io/docs/api/rate-limit; a plan that lacks something answers 403 "You don't have access to this resource."
"""

from collections.abc import Mapping

from trend_platform.errors import AuthFailed, NotEntitled, ProviderError, RateLimited
from trend_platform.providers.classing import class_of_body, class_of_refusal, words
from trend_platform.providers.http import HttpAnswer

NAME = "finnhub"


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    error = document.get("error") if isinstance(document, Mapping) else None
    if 200 <= answer.status < 300 and not error:
        return None
    return _refusal(answer.status, str(error or words(answer))[:200])


def _refusal(status: int, said: str) -> ProviderError:
    text = said.lower()
    if status == 401 or "api key" in text:
        return AuthFailed(NAME, f"{said}; check FINNHUB_API_KEY")
    if status == 403 or "don't have access" in text:
        return NotEntitled(NAME, said)
    if status == 429 or "limit reached" in text:
        return RateLimited(NAME, said)
    return class_of_refusal(NAME, status, said)
