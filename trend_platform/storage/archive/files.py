"""Writing and pruning the archive: a body lies once under the hash of its content, a line of a day's journal names it.

Many processes write at once: bodies are moved into place whole, journal lines are appended by one write each. An archive
that cannot be written says so once and fails nobody. Reading is `reading`'s.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import orjson
import zstandard

_log = logging.getLogger(__name__)

JOURNALS, REQUESTS, BODIES = "journal", "requests", "bodies"


class Exchange(Protocol):
    """One answer, as a client tells it; any key is gone from it."""

    @property
    def provider(self) -> str:
        """Return who answered."""
        ...

    @property
    def url(self) -> str:
        """Return what was asked."""
        ...

    @property
    def asked_at(self) -> datetime:
        """Return when it was asked."""
        ...

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by lower-case name."""
        ...

    @property
    def body(self) -> bytes:
        """Return the body, decompressed."""
        ...

    @property
    def request_id(self) -> str:
        """Return what the provider calls the request."""
        ...


@dataclass(slots=True)
class FileArchive:
    """The archive in a folder; made when the first answer comes.

    Attributes:
        folder: Where it lies.
    """

    folder: Path
    _is_broken: bool = False

    def keep(self, exchange: Exchange) -> None:
        """Keep one answer."""
        entry = {
            "provider": exchange.provider,
            "url": exchange.url,
            "asked_at": exchange.asked_at.isoformat(),
            "status": exchange.status,
            "headers": dict(exchange.headers),
            "request_id": exchange.request_id,
            "sha256": hashlib.sha256(exchange.body).hexdigest(),
        }
        try:
            self._keep_body(str(entry["sha256"]), exchange.body, exchange.asked_at)
            self._append(JOURNALS, exchange.asked_at, entry)
        except OSError as error:
            self._say_broken(error)

    def keep_request(self, at: datetime, request: Mapping[str, object]) -> None:
        """Keep what a provider was asked for, as plain values, so that it can be asked of the archive again."""
        try:
            self._append(REQUESTS, at, {**request, "at": at.isoformat()})
        except OSError as error:
            self._say_broken(error)

    def forget_before(self, instant: datetime) -> int:
        """Drop the days that ended before `instant` and the bodies nobody names any more; return how many bodies went."""
        midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            for kind in (JOURNALS, REQUESTS):
                for journal in sorted((self.folder / kind).glob("*.jsonl")):
                    if journal.stem < midnight.date().isoformat():
                        journal.unlink(missing_ok=True)
            bodies = [body for body in (self.folder / BODIES).rglob("*") if body.is_file()]
            return sum(_dropped(body, midnight.timestamp()) for body in bodies)
        except OSError as error:
            self._say_broken(error)
            return 0

    def _keep_body(self, digest: str, body: bytes, at: datetime) -> None:
        # A body's age is that of the last answer that held it.
        place, seconds = body_path(self.folder, digest), at.timestamp()
        try:
            os.utime(place, (seconds, seconds))
        except FileNotFoundError:
            place.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
                file.write(zstandard.ZstdCompressor().compress(body))
            os.utime(file.name, (seconds, seconds))
            Path(file.name).replace(place)

    def _append(self, kind: str, at: datetime, entry: Mapping[str, object]) -> None:
        journal = self.folder / kind / f"{at.date().isoformat()}.jsonl"
        journal.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, orjson.dumps(entry) + b"\n")
        finally:
            os.close(descriptor)

    def _say_broken(self, error: OSError) -> None:
        if not self._is_broken:
            _log.warning(
                "the archive in %s cannot be written (%s): answers are not kept; look at the disk, or set TREND_ARCHIVE__ENABLED=false",
                self.folder,
                error.strerror,
            )
        self._is_broken = True


def _dropped(body: Path, before_seconds: float) -> int:
    try:
        is_old = body.stat().st_mtime < before_seconds
    except FileNotFoundError:  # another process is pruning as well
        return 0
    if is_old:
        body.unlink(missing_ok=True)
    return int(is_old)


def body_path(folder: Path, digest: str) -> Path:
    """Return where a body of that hash lies."""
    return folder / BODIES / digest[:2] / f"{digest}.zst"
