"""Reading the archive back: which answers there are, and their bodies. Nothing is written here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import orjson
import zstandard

from trend_platform.storage.archive.files import JOURNALS, REQUESTS, body_path


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer in the archive, without its body.

    Attributes:
        provider: Who answered.
        url: What was asked, without any key.
        asked_at: When.
        status: HTTP status.
        headers: Headers by lower-case name.
        digest: The hash of the body.
    """

    provider: str
    url: str
    asked_at: datetime
    status: int
    headers: Mapping[str, str]
    digest: str


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """The archive in a folder.

    Attributes:
        folder: Where it lies.
    """

    folder: Path

    def answers(self, provider: str, since: date | None = None) -> Iterator[Kept]:
        """Yield a provider's answers from that day on (UTC), in the order they were kept."""
        for entry in self._entries(JOURNALS, since):
            if entry["provider"] == provider:
                yield Kept(
                    provider,
                    str(entry["url"]),
                    datetime.fromisoformat(str(entry["asked_at"])),
                    int(str(entry["status"])),
                    _texts(entry["headers"]),
                    str(entry["sha256"]),
                )

    def requests(self, since: date | None = None) -> Iterator[Mapping[str, object]]:
        """Yield what providers were asked for from that day on (UTC), in the order it was asked."""
        return self._entries(REQUESTS, since)

    def body(self, kept: Kept) -> bytes | None:
        """Return the body of an answer; `None` if it is not there any more, or damaged."""
        place = body_path(self.folder, kept.digest)
        try:
            return zstandard.ZstdDecompressor().decompress(place.read_bytes(), max_output_size=0)
        except (OSError, zstandard.ZstdError):
            return None

    def _entries(self, kind: str, since: date | None = None) -> Iterator[dict[str, object]]:
        for journal in sorted((self.folder / kind).glob("*.jsonl")):
            if since is not None and journal.stem < since.isoformat():
                continue
            for line in journal.read_bytes().splitlines():
                try:
                    entry = orjson.loads(line)
                except orjson.JSONDecodeError:  # a disk that was full cuts a line off
                    continue
                if isinstance(entry, dict):
                    yield entry


def _texts(headers: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
