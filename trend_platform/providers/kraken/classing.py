"""What Kraken's answers mean before they are parsed: `{"error": ["ECategory:Text", ...], "result": {...}}`, always with status 200.

An error that begins with E is one; one that begins with W is a warning beside a result. Before Kraken is reached, a gateway may
refuse with a status of its own. Texts: https://docs.kraken.com/api/docs/guides/spot-errors
"""

from collections.abc import Mapping
from types import MappingProxyType

from trend_platform.errors import (
    AuthFailed,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.classing import class_of_body, class_of_keyless_status, words
from trend_platform.providers.http import HttpAnswer

NAME = "kraken"
# By how the error begins; the first that fits wins.
_CLASSES: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "EQuery:Unknown asset pair": NothingThere,
        "EQuery:Unknown asset": NothingThere,
        "EGeneral:Too many requests": RateLimited,
        "EAPI:Rate limit exceeded": RateLimited,
        "EService:Throttled": RateLimited,
        "EGeneral:Temporary lockout": RateLimited,
        "EService:": Transient,
        "EGeneral:Internal error": Transient,
        "EGeneral:Permission denied": NotEntitled,
        "EAPI:": AuthFailed,
    }
)


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    errors = _errors(answer.document)
    if errors:
        return _class_of(errors[0])(NAME, "; ".join(errors)[:200])
    return class_of_keyless_status(NAME, answer.status, words(answer))


def result_of(document: object) -> Mapping[str, object]:
    """Return the `result` of an answer.

    Raises:
        Malformed: It has none.
    """
    result = document.get("result") if isinstance(document, Mapping) else None
    if isinstance(result, Mapping):
        return result
    raise Malformed(NAME, "the answer has no `result`: expected an object with `error` and `result`")


def _errors(document: object) -> list[str]:
    told = document.get("error") if isinstance(document, Mapping) else None
    listed = told if isinstance(told, list) else [told] if told else []
    return [str(one) for one in listed if not str(one).startswith("W")]


def _class_of(error: str) -> type[ProviderError]:
    return next((kind for beginning, kind in _CLASSES.items() if error.startswith(beginning)), Malformed)
