"""What CryptoCompare's answers mean before they are parsed: two envelopes of error, the older one with status 200.

Shapes: `{"Data": {}, "Err": {"type": 2, "message": "...", "http_status_code": 401}}` and
`{"Response": "Error", "Message": "...", "Type": 99, "RateLimit": {"calls_made": {...}, "max_calls": {...}}}`.
"""

from collections.abc import Mapping

from trend_platform.errors import (
    AuthFailed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from trend_platform.providers.classing import class_of_body, class_of_refusal, words
from trend_platform.providers.http import HttpAnswer

NAME = "cryptocompare"
_THROTTLED = 99
_ABSENT = ("no data for the symbol", "market does not exist", "instrument", "not found")
# The allowances whose end is worth no wait, the longest first, and for how long each lasts at most.
_ALLOWANCES = {"month": 86_400.0, "day": 86_400.0, "hour": 3_600.0}


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document if isinstance(answer.document, Mapping) else {}
    error = document.get("Err")
    if document.get("Response") == "Error":
        return _legacy(answer.status, document)
    if isinstance(error, Mapping) and error:
        status = error.get("http_status_code")
        said = str(error.get("message") or f"type {error.get('type')}")[:200]
        return _refusal(status if isinstance(status, int) else answer.status, said)
    return None if 200 <= answer.status < 300 else _refusal(answer.status, words(answer))


def _legacy(status: int, document: Mapping[str, object]) -> ProviderError:
    said = str(document.get("Message", ""))[:200]
    if document.get("Type") == _THROTTLED or "rate limit" in said.lower():
        seconds = _exhausted_seconds(document.get("RateLimit"))
        return RateLimited(NAME, said) if seconds is None else QuotaExhausted(NAME, said, seconds)
    return _refusal(status, said)


def _exhausted_seconds(limits: object) -> float | None:
    made, most = (limits.get("calls_made"), limits.get("max_calls")) if isinstance(limits, Mapping) else (None, None)
    if not isinstance(made, Mapping) or not isinstance(most, Mapping):
        return None
    for window, seconds in _ALLOWANCES.items():
        used, allowed = made.get(window), most.get(window)
        if isinstance(used, int) and isinstance(allowed, int) and used >= allowed:
            return seconds
    return None


def _refusal(status: int, said: str) -> ProviderError:
    text = said.lower()
    if status == 401 or "api key" in text or "api_key" in text:
        return AuthFailed(NAME, f"{said}; without a paid plan there is no access: check CRYPTOCOMPARE_API_KEY")
    if status == 403 or "subscription" in text or "upgrade" in text:
        return NotEntitled(NAME, said)
    if status in {200, 400, 404} and any(part in text for part in _ABSENT):
        return NothingThere(NAME, said)
    return class_of_refusal(NAME, status, said)
