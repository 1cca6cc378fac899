"""The archive's port: each answer as it came, without the key, so that it can be read again when reading has improved.

How it is read again is `replaying`'s; where it lies is storage's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# Of no use to a reader, or a secret of the connection.
_LEFT_OUT = frozenset({"set-cookie", "content-encoding", "content-length", "transfer-encoding", "connection"})
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "cf-ray")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer.

    Attributes:
        provider: Who answered.
        url: What was asked, without any key.
        asked_at: When the request was sent.
        status: HTTP status.
        headers: Headers by lower-case name.
        body: The body, decompressed.
        request_id: What the provider calls the request; empty where it tells no name.
    """

    provider: str
    url: str
    asked_at: datetime
    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str = ""


class Archive(Protocol):
    """Keeps answers."""

    def keep(self, exchange: Exchange) -> None:
        """Keep one; an archive that cannot be written says so once and never fails its caller."""
        ...

    def keep_request(self, at: datetime, request: Mapping[str, object]) -> None:
        """Keep what was asked for, as plain values, so that it can be read again; fails as little."""
        ...


def exchange_of(
    provider: str,
    url: str,
    asked_at: datetime,
    answer: tuple[int, Mapping[str, str], bytes],
    unsaid: Sequence[str],
) -> Exchange:
    """Return an answer as it may be kept: providers repeat keys in addresses, headers and bodies.

    Args:
        provider: Who answered.
        url: What was asked.
        asked_at: When.
        answer: Status, headers by lower-case name, and body.
        unsaid: What must be kept nowhere.
    """
    status, headers, body = answer
    kept = {name: _without(value, unsaid) for name, value in headers.items() if name not in _LEFT_OUT}
    for word in unsaid:
        body = body.replace(word.encode(), b"***")
    named = next((kept[name] for name in _REQUEST_IDS if name in kept), "")
    return Exchange(provider, _without(url, unsaid), asked_at, status, kept, body, named)


def _without(text: str, unsaid: Sequence[str]) -> str:
    for word in unsaid:
        text = text.replace(word, "***")
    return text
