"""Reading kept answers again: a network that asks nobody, and a provider opened on it.

Where answers lie is storage's; which requests are read again, and what becomes of them, is `ingest.replay`'s.
"""

from collections.abc import Callable

import httpx

from trend_platform.domain.clock import Clock
from trend_platform.providers.answers import HttpAnswer
from trend_platform.providers.base import Provider
from trend_platform.providers.http import KEYLESS_ADDRESS
from trend_platform.providers.registry import open_provider
from trend_platform.providers.sharing import Shared
from trend_platform.settings import ProvidersSettings

# What was said of the caller and the moment, and not of what was asked: it holds no data, and would be waited for again.
_REFUSALS = frozenset({401, 403, 407, 408, 418, 425, 429, 999})

Find = Callable[[str], HttpAnswer | None]
"""Looks a kept answer up by the address that was asked, without any key; `None` if none was kept."""


class ArchiveTransport(httpx.AsyncBaseTransport):
    """Answers from what was kept; what was not is as if the connection had failed.

    Args:
        find: Looks an answer up.
    """

    def __init__(self, find: Find) -> None:
        self._find = find

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the kept answer.

        Raises:
            httpx.ConnectError: None was kept that holds anything.
        """
        kept = self._find(str(request.extensions.get(KEYLESS_ADDRESS, "")))
        if kept is None or kept.status in _REFUSALS or kept.status >= 500:
            raise httpx.ConnectError("the archive holds no answer to this")
        return httpx.Response(kept.status, headers=dict(kept.headers), content=kept.body)


def open_to_replay(name: str, settings: ProvidersSettings, clock: Clock, find: Find) -> Provider:
    """Return the provider of that name, asking only what was kept; it spends nothing and repeats nothing.

    Args:
        name: As in settings.
        settings: What the user set, as it was when the answers came: addresses and plans decide what is looked up.
        clock: The time; set to that of each request before it is asked.
        find: Looks an answer up.

    Raises:
        ConfigurationError: There is no such provider, or it lacks a setting.
        AuthFailed: Its key is missing.
    """
    own = getattr(settings, name, None)
    if own is not None:
        settings = settings.model_copy(update={name: own.model_copy(update={"max_attempts": 1})})
    return open_provider(name, settings, clock, ArchiveTransport(find), Shared(is_metered=False))
