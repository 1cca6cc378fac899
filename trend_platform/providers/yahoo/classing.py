"""What Yahoo's answers mean before they are parsed: one envelope for all its errors, and refusals of the caller as such.

Shapes: `{"chart": {"result": null, "error": {"code", "description"}}}`, the same under `spark` and `finance`, with status 400,
404 or 422; `Edge: Too Many Requests` as plain text with 429, whatever was asked; pages for people.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from trend_platform.errors import (
    BeyondDepth,
    Blocked,
    Malformed,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import Classify, HttpAnswer
from trend_platform.providers.pausing import Pause

NAME = "yahoo"
PAUSES_SECONDS = (60.0, 300.0, 900.0, 3600.0)
"""How long Yahoo is left alone after each refusal in a row."""

_ADVICE: Mapping[type[ProviderError], str] = MappingProxyType({Blocked: "; it takes no key, so there is none to set"})
_DEPTH = ("granularity", "must be within", "range", "days worth")


class Patience:
    """How often in a row the edge refused, and what follows from it.

    Args:
        pause: Held while the provider is to be left alone.
    """

    def __init__(self, pause: Pause) -> None:
        self._pause, self._refusals = pause, 0

    def refused(self) -> float:
        """Count a refusal and return for how long the provider is left alone; refusals of calls under way are one."""
        remaining = self._pause.remaining_seconds
        if remaining > 0:
            return remaining
        seconds = PAUSES_SECONDS[min(self._refusals, len(PAUSES_SECONDS) - 1)]
        self._refusals += 1
        self._pause.hold(seconds)
        return seconds

    def served(self) -> None:
        """Begin anew: an answer came."""
        self._refusals = 0


def classifier(patience: Patience) -> Classify:
    """Return the function that says what is wrong with one of Yahoo's answers."""

    def classify(answer: HttpAnswer) -> ProviderError | None:
        if answer.status == 429 and answer.body.lstrip()[:1] not in {b"{", b"["}:
            # The edge judges the caller, by address and User-Agent: every other call would be refused as well.
            seconds = patience.refused()
            told = f"{words(answer)}; all calls to it stop for {seconds:.0f} s"
            return RateLimited(NAME, told, seconds)
        error = class_of_body(NAME, answer, document_of) or _class_of_envelope(answer)
        if error is None:
            patience.served()
        return error

    return classify


def document_of(answer: HttpAnswer) -> object:
    """Return the answer's JSON; `NaN` and `Infinity`, which Yahoo writes into `adjclose` and JSON does not know, are null.

    Raises:
        ValueError: The body is not JSON.
    """
    try:
        return answer.document
    except ValueError:
        document: object = json.loads(answer.body, parse_constant=lambda _: None)
        return document


def _class_of_envelope(answer: HttpAnswer) -> ProviderError | None:
    error = _error_of(document_of(answer))
    if error is None:
        return class_of_status(NAME, answer.status, words(answer))
    code = str(error.get("code", ""))
    said = str(error.get("description") or error.get("message") or words(answer))[:200]
    kind = _kind_of(answer.status, code, said.lower())
    return kind(NAME, f"answered {answer.status} and in it {code or 'an error'}: {said}{_ADVICE.get(kind, '')}")


def _kind_of(status: int, code: str, said: str) -> type[ProviderError]:
    kinds: tuple[tuple[type[ProviderError], bool], ...] = (
        (NothingThere, status == 404 or code == "Not Found" or "data doesn't exist" in said),
        (Transient, status >= 500 or "internal" in code.lower()),
        (Blocked, status in {401, 403} or code == "Unauthorized"),
        (RateLimited, status == 429),
        (BeyondDepth, any(word in said for word in _DEPTH)),
    )
    return next((kind for kind, fits in kinds if fits), Malformed)


def _error_of(document: object) -> Mapping[str, object] | None:
    # One object under a name of its own: `chart`, `spark`, `finance`, `quoteResponse`.
    if not isinstance(document, Mapping) or len(document) != 1:
        return None
    inner = next(iter(document.values()))
    error = inner.get("error") if isinstance(inner, Mapping) else None
    return error if isinstance(error, Mapping) else None
