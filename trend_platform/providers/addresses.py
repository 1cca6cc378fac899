"""Where requests may go and what they may carry, checked before the first one is sent. No request is made here."""

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
    """Return the value of a credential that a header can carry.

    Raises:
        AuthFailed: It cannot; the message does not tell it.
    """
    value = secret.get_secret_value()
    if value and value.isascii() and value.isprintable() and value == value.strip():
        return value
    raise AuthFailed(
        provider,
        "the key is empty or holds a blank, a line break or another character that no header carries: copy it again",
    )
