"""What Bitfinex's answers mean before they are parsed: errors are arrays, `["error", 10020, "symbol: invalid"]`, mostly with status 500.

The code is read before the status, since a wrong symbol and a broken server share one. Older hosts and the gateway answer
`{"error": "ERR_RATE_LIMIT"}` or `{"message": "Ratelimit"}`.
"""

from collections.abc import Mapping

from trend_platform.errors import Malformed, NothingThere, ProviderError, RateLimited, Transient
from trend_platform.providers.classing import class_of_body, class_of_keyless_status, class_of_refusal, words
from trend_platform.providers.http import HttpAnswer

NAME = "bitfinex"
_INVALID, _RATE_LIMIT, _MAINTENANCE = 10020, 11010, 20060
# A breach is answered with refusals for a minute, which no header tells.
_REFUSED_SECONDS = 60.0


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    told = _told(answer.document)
    if told is not None:
        return _refusal(answer.status, *told)
    return class_of_keyless_status(NAME, answer.status, words(answer))


def _told(document: object) -> tuple[int, str] | None:
    # The code, 0 where there is none, and the words of an error.
    if isinstance(document, list) and document and document[0] == "error":
        code = document[1] if len(document) > 1 and isinstance(document[1], int) else 0
        return code, str(document[2] if len(document) > 2 else "error")[:200]
    if isinstance(document, Mapping):
        said = document.get("error") or document.get("message")
        return (0, str(said)[:200]) if said else None
    return None


def _refusal(status: int, code: int, said: str) -> ProviderError:
    text = said.lower().replace("_", "").replace(" ", "")
    if code == _RATE_LIMIT or "ratelimit" in text:
        return RateLimited(NAME, f"{said} (code {code})", _REFUSED_SECONDS)
    if code == _MAINTENANCE or "maintenance" in text:
        return Transient(NAME, f"{said} (code {code})")
    if code == _INVALID:
        kind = NothingThere if text.startswith("symbol") else Malformed
        return kind(NAME, f"{said} (code {code})")
    message = f"{said} (code {code})"
    return class_of_refusal(NAME, status, message, class_of_keyless_status)
