"""Messages to people over Apprise: webhooks, Slack, e-mail and some hundred services more, each one address.

An address holds credentials: no address, nor any part of it but its scheme, is shown, logged or raised. Apprise takes half
a second of CPU to load, and is loaded with the first message. What is told, and when, is decided elsewhere.
"""

import logging
import re
from collections.abc import Sequence

from pydantic import SecretStr

log = logging.getLogger(__name__)

# Their records quote addresses; ours say what a reader needs.
_TALKATIVE = ("apprise", "urllib3.connectionpool")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]{1,19})://", re.IGNORECASE)


class AppriseMessenger:
    """The channels of one set of addresses.

    Args:
        urls: Where to, as Apprise writes it: `jsons://host/path`, `slack://...`, `mailto://...`.
    """

    def __init__(self, urls: Sequence[SecretStr]) -> None:
        self._urls = tuple(urls)

    @property
    def channels(self) -> tuple[str, ...]:
        """Return a name for each address, fit to be shown: its scheme and its place in the list, such as `slack (2)`."""
        return tuple(f"{_scheme(url)} ({place})" for place, url in enumerate(self._urls, 1))

    def unreadable(self) -> tuple[str, ...]:
        """Return the names of addresses that Apprise does not understand; nothing is sent."""
        return tuple(name for name, url in zip(self.channels, self._urls, strict=True) if not _is_understood(url))

    def tell(self, title: str, body: str) -> tuple[str, ...]:
        """Send a message to every channel; return the names of those that did not take it.

        A channel that cannot be reached costs a few seconds, and never the others their message.
        """
        return tuple(
            name for name, url in zip(self.channels, self._urls, strict=True) if not _taken(name, url, title, body)
        )


def _scheme(url: SecretStr) -> str:
    found = _SCHEME.match(url.get_secret_value())
    return found.group(1).lower() if found else "unreadable address"


def _is_understood(url: SecretStr) -> bool:
    import apprise  # noqa: PLC0415  as below

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise.Apprise.instantiate(url.get_secret_value(), suppress_exceptions=True) is not None


def _taken(name: str, url: SecretStr, title: str, body: str) -> bool:
    import apprise  # noqa: PLC0415  loaded with the first message, off every hot path

    for name_of_logger in _TALKATIVE:
        logging.getLogger(name_of_logger).setLevel(logging.CRITICAL + 1)
    try:
        channel = apprise.Apprise.instantiate(url.get_secret_value(), suppress_exceptions=True)
        if channel is None:
            log.warning("alert channel %s: its address is none that Apprise understands", name)
            return False
        taken = bool(channel.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))
    except Exception as error:  # noqa: BLE001  a hundred services, each with errors of its own, and none may stop the others
        log.warning("alert channel %s did not take a message: %s", name, type(error).__name__)
        return False
    if not taken:
        log.warning("alert channel %s did not take a message", name)
    return taken
