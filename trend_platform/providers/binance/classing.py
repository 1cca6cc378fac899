"""What Binance's answers mean before they are parsed: `{"code": -1121, "msg": "Invalid symbol."}`.

Codes: https://developers.binance.com/docs/binance-spot-api-docs/errors. Who goes on asking after 429 is banned (418), for minutes to
days, by address: the wait that either asks for is one of all calls, and the limiter's to keep.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trend_platform.errors import Blocked, Malformed, NothingThere, ProviderError, RateLimited, Transient
from trend_platform.providers.classing import class_of_body, class_of_keyless_status, words
from trend_platform.providers.http import HttpAnswer

NAME = "binance"
_CODES: Mapping[int, type[ProviderError]] = MappingProxyType(
    {
        -1121: NothingThere,
        **dict.fromkeys((-1003, -1015), RateLimited),
        **dict.fromkeys((-1000, -1001, -1006, -1007, -1008, -1016), Transient),
    }
)


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success."""
    if answer.status == 418:
        return RateLimited(NAME, f"answered 418, which is a ban for asking on after 429: {words(answer)}")
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    code, said = _said(answer)
    if answer.status == 451 or "restricted location" in said.lower():
        told = f"answered {answer.status}: {said}; set base_url to a host that serves your country"
        return Blocked(NAME, told)
    if code in _CODES:
        return _CODES[code](NAME, f"{said} (code {code})")
    if answer.status == 404:
        return Malformed(NAME, f"answered 404: {said}; the path is not known there: check the base_url")
    in_success = Malformed(NAME, f"answered {answer.status} and in it {code}: {said}") if code else None
    return class_of_keyless_status(NAME, answer.status, said) or in_success


def _said(answer: HttpAnswer) -> tuple[int, str]:
    document = answer.document
    if isinstance(document, Mapping) and "msg" in document:
        code = document.get("code")
        return code if isinstance(code, int) else 0, str(document["msg"])[:200]
    return 0, words(answer)
