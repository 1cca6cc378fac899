"""Where requests may go and what they may carry, checked before the first one is sent. No request is made here."""

from collections.abc import Sequence
from urllib.parse import quote, quote_plus

import httpx
from pydantic import SecretStr

from trend_platform.errors import AuthFailed, ConfigurationError


def host_of(provider: str, base_url: str) -> str:
    """Return the host a base URL names.

    Raises:
        ConfigurationError: The base URL is no address.
    """
    try:
        return httpx.URL(base_url).host
    except httpx.InvalidURL:
        raise ConfigurationError(
            f"providers.{provider}.base_url is no address: {base_url!r}; use one like https://host/path"
        ) from None


def sendable(provider: str, secret: SecretStr) -> str:
    """Return the value of a credential that a header or a query can carry.

    Raises:
        AuthFailed: It cannot; the message does not tell it.
    """
    value = secret.get_secret_value()
    if value and value.isascii() and value.isprintable() and value == value.strip():
        return value
    raise AuthFailed(
        provider,
        "the key is empty or holds a blank, a line break or another character that no request carries: copy it again",
    )


def unsaid_words(provider: str, secrets: Sequence[SecretStr]) -> list[str]:
    """Return what no error may repeat of credentials: each without what stands before it in a header, and as a query has it.

    Raises:
        AuthFailed: One of them cannot be sent.
    """
    words = [sendable(provider, secret).split()[-1] for secret in secrets]
    return sorted({form for word in words for form in (word, quote(word, safe=""), quote_plus(word))}, key=len)[::-1]
