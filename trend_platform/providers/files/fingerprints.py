"""What a folder of own files was at a moment: names, sizes and hashes, so that a candle can be traced to the bytes it came from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from trend_platform.providers.files.tables import candle_files


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One file.

    Attributes:
        name: Its path below the folder that was named, or its name.
        sha256: The hash of its bytes, as they lie on disk.
        size: Their number.
    """

    name: str
    sha256: str
    size: int


def fingerprints(path: Path) -> tuple[Fingerprint, ...]:
    """Return the candle files at `path`, a file or a folder, by name.

    Raises:
        ConfigurationError: There are none.
    """
    return tuple(_fingerprint(file, path) for file in candle_files(path))


def _fingerprint(file: Path, root: Path) -> Fingerprint:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    name = file.relative_to(root).as_posix() if root.is_dir() else file.name
    return Fingerprint(name, digest, file.stat().st_size)
