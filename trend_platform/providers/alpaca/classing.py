"""What Alpaca's answers mean before they are parsed: `{"message": "...", "code": ...}`, and bare words from its gateways.

One symbol it does not know spoils a call for all of them; the refusal names it, so that the others are asked again.
"""

import re
from collections.abc import Mapping

from trend_platform.domain.clock import Clock
from trend_platform.errors import AuthFailed, Malformed, NotEntitled, NothingThere, ProviderError, RateLimited
from trend_platform.providers.classing import class_of_body, class_of_refusal, class_of_status, words
from trend_platform.providers.http import Classify, HttpAnswer

NAME = "alpaca"
# Symbols are upper case: what follows them in a sentence is not.
_INVALID = re.compile(r"(?i:invalid symbols?)(?:\(s\))?:? *(?P<symbols>[A-Z0-9./]+(?:, ?[A-Z0-9./]+)*)")


class UnknownSymbols(NothingThere):
    """Some of the asked symbols are none of Alpaca's.

    Attributes:
        symbols: Which ones, as it spells them.
    """

    def __init__(self, message: str, symbols: frozenset[str]) -> None:
        super().__init__(NAME, message)
        self.symbols = symbols


def classifier(clock: Clock) -> Classify:
    """Return the function that says what is wrong with one of Alpaca's answers.

    The clock is asked only where the wait until a limit begins anew is the answer.
    """

    def classify(answer: HttpAnswer) -> ProviderError | None:
        if answer.status == 401:
            return AuthFailed(NAME, _hint(words(answer)))
        if answer.status == 429:
            return RateLimited(NAME, f"answered 429: {words(answer)}", _until_reset(answer, clock))
        return class_of_body(NAME, answer) or _refusal(answer)

    return classify


def _refusal(answer: HttpAnswer) -> ProviderError | None:
    if answer.status == 404:
        # Symbols it does not know are never told so: there is no such path.
        return Malformed(NAME, f"answered 404: {words(answer)}; check TREND_PROVIDERS__ALPACA__BASE_URL")
    document = answer.document
    message = document.get("message") if isinstance(document, Mapping) else None
    if message is None or answer.status >= 500:
        return class_of_status(NAME, answer.status, words(answer))
    said = str(message)[:200]
    text = said.lower()
    if "subscription" in text:
        return NotEntitled(
            NAME, f"{said}; set TREND_PROVIDERS__ALPACA__DELAY_MINUTES or ..._QUOTE_FEED to what your plan has"
        )
    if "forbidden" in text or "unauthorized" in text:
        return AuthFailed(NAME, _hint(said))
    found = _INVALID.search(said)
    if found:
        return UnknownSymbols(said, frozenset(found["symbols"].replace(" ", "").split(",")))
    return class_of_refusal(NAME, answer.status, said)


def _hint(said: str) -> str:
    return f"{said}; check ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY, which belong to one account"


def _until_reset(answer: HttpAnswer, clock: Clock) -> float | None:
    # `X-RateLimit-Reset` is the second of the epoch; a `Retry-After` wins, and both may be missing.
    reset = answer.headers.get("x-ratelimit-reset", "")
    if "retry-after" in answer.headers or not reset.isdigit():
        return None
    wait = int(reset) - clock.now().timestamp()
    return wait if 0 < wait < 3600 else None
