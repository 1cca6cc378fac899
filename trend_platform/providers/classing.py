"""What an answer is before a provider looks into it: a page for people, a body cut short, a plain HTTP refusal.

Success is decided from status and body together. Each provider's `classify` reads its own error shapes first and falls
back on these; nothing here knows a provider's words.
"""

from collections.abc import Callable

from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.http import HttpAnswer

ByStatus = Callable[[str, int, str], ProviderError | None]
"""Returns the error that a provider's HTTP status means, with what it said; `None` for a success."""

_SHOWN = 120
_JSON_BEGINS = (b"{", b"[")


def class_of_status(provider: str, status: int, said: str) -> ProviderError | None:
    """Return the error a plain HTTP status means, `None` for a success.

    Args:
        provider: Name of the provider.
        status: HTTP status of the answer, or the one its body claims.
        said: The provider's own words, as `words` returns them.
    """
    if 200 <= status < 300:
        return None
    message = f"answered {status}: {said}"
    if status >= 500 or status == 408:
        return Transient(provider, message)
    kinds: dict[int, type[ProviderError]] = {
        401: AuthFailed,
        402: NotEntitled,
        403: NotEntitled,
        404: NothingThere,
        429: RateLimited,
        451: Blocked,
    }
    return kinds.get(status, Malformed)(provider, message)


def class_of_keyless_status(provider: str, status: int, said: str) -> ProviderError | None:
    """Return the same of a provider that takes no key: there, 401 and 403 are about who asks or from where."""
    if status in {401, 403}:
        return Blocked(provider, f"answered {status}: {said}")
    return class_of_status(provider, status, said)


def class_of_refusal(provider: str, status: int, said: str, by_status: ByStatus = class_of_status) -> ProviderError:
    """Return the error that an answer with an error in it means: by its status, `Malformed` where that claims a success.

    Args:
        provider: Name of the provider.
        status: HTTP status of the answer, or the one its body claims.
        said: The provider's own words.
        by_status: Says what a status means.
    """
    return by_status(provider, status, said) or Malformed(provider, f"answered {status} and in it: {said}")


def class_of_body(
    provider: str, answer: HttpAnswer, read: Callable[[HttpAnswer], object] = lambda answer: answer.document
) -> ProviderError | None:
    """Return what is wrong with a body that should be JSON, `None` if it can be read.

    A body that begins like JSON and cannot be read was cut short and is `Transient`; a page or prose is `Blocked`, unless
    the status says that waiting helps.

    Args:
        provider: Name of the provider.
        answer: What it answered.
        read: Reads the body as JSON, as far as it has to be read for this.
    """
    head = answer.body.lstrip()[:1]
    if not head:
        return class_of_status(provider, answer.status, "nothing") or Transient(
            provider, f"answered {answer.status} with an empty body where JSON was expected"
        )
    if head not in _JSON_BEGINS:
        return _prose(provider, answer)
    try:
        read(answer)
    except ValueError:
        return class_of_status(provider, answer.status, words(answer)) or Transient(
            provider, f"JSON that ends in the middle, after {len(answer.body)} bytes"
        )
    return None


def words(answer: HttpAnswer) -> str:
    """Return the beginning of a body on one line, fit for an error message."""
    text = " ".join(answer.body[: _SHOWN * 4].decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _prose(provider: str, answer: HttpAnswer) -> ProviderError:
    if answer.status == 429 or answer.status >= 500:
        # Gateways refuse with pages of their own.
        return class_of_status(provider, answer.status, words(answer)) or Blocked(provider, words(answer))
    kind = "a web page" if answer.body.lstrip()[:1] == b"<" else "text"
    return Blocked(
        provider,
        f"answered {answer.status} with {kind} where JSON was expected ({words(answer)}); "
        "a bot wall, a proxy or a wrong base_url answers so",
    )
