"""What FRED's answers mean before they are parsed: `{"error_code": 400, "error_message": "..."}` for nearly every fault.

A wrong key, an unknown series and too long a request are all 400; only the words tell them apart.
Source: https://fred.stlouisfed.org/docs/api/fred/errors.html
"""

from collections.abc import Mapping

from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    NextProviderError,
    NothingThere,
    ProviderError,
    Transient,
)
from trend_platform.providers.classing import class_of_body, class_of_refusal, class_of_status, words
from trend_platform.providers.http import HttpAnswer

NAME = "fred"
GRAPH_NAME = "fredgraph"


class TooManyVintages(NextProviderError):
    """One request spans more vintages than FRED answers at once: ask for a shorter stretch of time."""


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer of the API, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    said = document.get("error_message") if isinstance(document, Mapping) else None
    if 200 <= answer.status < 300 and not said:
        return None
    return _refusal(answer.status, str(said or words(answer))[:200])


def classify_graph(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with a file behind a graph, `None` if it is CSV; an unknown series is a 404 page."""
    if answer.status == 404:
        return NothingThere(GRAPH_NAME, "there is no such series")
    refused = class_of_status(GRAPH_NAME, answer.status, words(answer))
    if refused is not None:
        return refused
    head = answer.body.lstrip(b' \n\r\t"\xef\xbb\xbf')[:40].lower()
    if head.startswith((b"observation_date", b"date")):
        return None
    if not head:
        return Transient(GRAPH_NAME, "answered with an empty body where a CSV was expected")
    kind = Blocked if head.startswith(b"<") else Malformed
    return kind(GRAPH_NAME, f"answered with something that is no CSV of observations: {words(answer)}")


def _refusal(status: int, said: str) -> ProviderError:
    text = said.lower()
    if "api_key" in text:
        return AuthFailed(NAME, f"{said}; check FRED_API_KEY")
    if "does not exist" in text:
        return NothingThere(NAME, said)
    if "vintage" in text and status == 400:
        return TooManyVintages(NAME, said)
    return class_of_refusal(NAME, status, said)
