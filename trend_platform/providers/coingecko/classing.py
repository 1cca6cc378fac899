"""What CoinGecko's answers mean before they are parsed: two shapes of error, and its own codes.

Shapes: `{"error": {"status": {"error_code", "error_message"}}}`, `{"status": {"error_code", "error_message"}}` (also seen
with status 200), and `{"error": "coin not found"}`. Codes: https://docs.coingecko.com/docs/errors-and-rate-limits
"""

from collections.abc import Mapping
from types import MappingProxyType

from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    Blocked,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from trend_platform.providers.classing import class_of_body, class_of_refusal, words
from trend_platform.providers.http import HttpAnswer

NAME = "coingecko"
_CODES: Mapping[int, tuple[type[ProviderError], str]] = MappingProxyType(
    {
        429: (RateLimited, ""),
        1020: (Blocked, ""),
        10002: (AuthFailed, "; set COINGECKO_API_KEY"),
        10005: (NotEntitled, ""),
        10010: (AuthFailed, "; a Pro key needs base_url https://pro-api.coingecko.com/api/v3"),
        10011: (AuthFailed, "; a Demo key needs base_url https://api.coingecko.com/api/v3"),
        10012: (BeyondDepth, ""),
    }
)


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    code, said = _said(answer.document)
    if 200 <= answer.status < 300 and not said:
        return None
    return _refusal(answer.status, code, said or words(answer))


def _said(document: object) -> tuple[int, str]:
    # The provider's own code and words; no words where it reports no error.
    if not isinstance(document, Mapping):
        return 0, ""
    error = document.get("error")
    if isinstance(error, str):
        return 0, error[:200]
    status = error.get("status", error) if isinstance(error, Mapping) else document.get("status")
    if not isinstance(status, Mapping) or "error_code" not in status:
        return 0, str(error)[:200] if error else ""
    code = status["error_code"]
    return code if isinstance(code, int) else 0, str(status.get("error_message") or f"code {code}")[:200]


def _refusal(http_status: int, code: int, said: str) -> ProviderError:
    text = said.lower()
    if "not found" in text and http_status in {200, 404}:
        return NothingThere(NAME, said)
    if (code == 429 or http_status == 429) and "month" in text:
        return QuotaExhausted(NAME, said)
    if code in _CODES:
        kind, advice = _CODES[code]
        return kind(NAME, f"{said} (code {code}){advice}")
    if http_status == 404:
        return Malformed(NAME, f"answered 404: {said}; the path is not known there: check the base_url")
    return class_of_refusal(NAME, http_status, said)
