"""What Alpha Vantage's answers mean before they are parsed: every refusal comes with status 200 and is told by its words.

Shapes: `{"Information": ...}`, `{"Note": ...}` (older) and `{"Error Message": ...}`. One text about bursts also mentions the
25 requests of a day, and the text about the day repeats the key and advertises premium plans: the order below matters.
"""

from collections.abc import Mapping

from trend_platform.errors import (
    AuthFailed,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    WaitError,
)
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import HttpAnswer

NAME = "alphavantage"
# When the allowance of a day begins anew is not documented.
_LIMITS: tuple[tuple[tuple[str, ...], type[WaitError], float], ...] = (
    (("1 request per second", "spreading out", "burst"), RateLimited, 1.5),
    (("call frequency", "calls per minute", "requests per minute"), RateLimited, 60.0),
    (("requests per day", "rate limit is"), QuotaExhausted, 86_400.0),
)
_TOLD = ("Error Message", "Information", "Note")


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    for name in _TOLD:
        said = document.get(name) if isinstance(document, Mapping) else None
        if isinstance(said, str):
            return class_of_words(said, name)
    return class_of_status(NAME, answer.status, words(answer))


def class_of_words(said: str, name: str) -> ProviderError:
    """Return the error that a text of the provider's means.

    Args:
        said: The text.
        name: The key it was told under.
    """
    text, brief = said.lower(), said[:200]
    for parts, kind, seconds in _LIMITS:
        if any(part in text for part in parts):
            return kind(NAME, brief, seconds)
    if "premium" in text:
        return NotEntitled(NAME, brief)
    if "apikey" in text or "api key" in text:
        return AuthFailed(NAME, f"{brief}; check ALPHA_VANTAGE_API_KEY")
    if name == "Error Message":
        # It tells a symbol it does not know from a wrong parameter in no way; parameters are ours and tested.
        return NothingThere(NAME, brief)
    return Malformed(NAME, f"answered in words where data was expected: {brief}")
