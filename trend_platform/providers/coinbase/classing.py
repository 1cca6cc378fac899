"""What Coinbase Exchange's answers mean before they are parsed. Errors are `{"message": "..."}` with a status that fits.

Seen: 400 "granularity too small for the requested time range", 404 "NotFound", 429 "Public rate limit exceeded".
"""

from collections.abc import Mapping

from trend_platform.errors import Malformed, NothingThere, ProviderError, RateLimited
from trend_platform.providers.classing import class_of_body, class_of_keyless_status, class_of_refusal, words
from trend_platform.providers.http import HttpAnswer

NAME = "coinbase"


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    said = _said(answer.document)
    if 200 <= answer.status < 300 and said is None:
        return None
    return _refusal(answer.status, said or words(answer))


def _said(document: object) -> str | None:
    # A candle list is an array, and no object of data carries a `message`.
    message = document.get("message") if isinstance(document, Mapping) else None
    return None if message is None else str(message)[:200]


def _refusal(status: int, said: str) -> ProviderError:
    text = said.lower().replace(" ", "")
    if "ratelimit" in text:
        return RateLimited(NAME, said)
    if status == 404 and text != "notfound":
        return Malformed(NAME, f"answered 404: {said}; the path is not known there: check the base_url")
    if text == "notfound":
        return NothingThere(NAME, f"{said}: there is no such product")
    return class_of_refusal(NAME, status, said, class_of_keyless_status)
