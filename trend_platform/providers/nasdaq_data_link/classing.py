"""What Nasdaq Data Link's answers mean before they are parsed: `{"quandl_error": {"code": "QELx04", "message": "..."}}`, or `error`.

The third letter of a code says the kind: L limit, A authentication, P permission, S syntax, C not found, X down, M internal.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trend_platform.errors import (
    AuthFailed,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import HttpAnswer

NAME = "nasdaq_data_link"
_DAY_SECONDS = 86_400.0
_LETTERS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {"P": NotEntitled, "S": Malformed, "C": NothingThere, "X": Transient, "M": Transient}
)


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    error = (document.get("quandl_error") or document.get("error")) if isinstance(document, Mapping) else None
    if isinstance(error, Mapping):
        return _refusal(str(error.get("code", "")), str(error.get("message", ""))[:200])
    return class_of_status(NAME, answer.status, words(answer))


def _refusal(code: str, said: str) -> ProviderError:
    message, letter = f"{said} (code {code})", code[2:3].upper()
    if letter == "L":
        is_daily = "day" in said.lower() and "second" not in said.lower()
        return QuotaExhausted(NAME, message, _DAY_SECONDS) if is_daily else RateLimited(NAME, message)
    if letter == "A":
        return AuthFailed(NAME, f"{message}; check NASDAQ_DATA_LINK_API_KEY")
    return _LETTERS.get(letter, Malformed)(NAME, message)
