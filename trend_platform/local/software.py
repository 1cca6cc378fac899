"""Which PostgreSQL programs this machine uses: chosen once, remembered beside them.

A data folder only opens with the major version that made it, so the choice stays. What does not belong
here: how either source is unpacked, and running the server.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from trend_platform.errors import UnavailableError
from trend_platform.local import commands, debian, disk, embedded

_NOTE = "software.json"


class Origin(StrEnum):
    """Where the programs come from."""

    DEBIAN = "debian"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class Software:
    """Programs of one PostgreSQL server.

    Attributes:
        programs: Folder of `postgres`, `initdb` and the like.
        origin: Where they come from.
        version: What `postgres --version` says.
    """

    programs: Path
    origin: Origin
    version: str

    @property
    def has_timescaledb(self) -> bool:
        """Whether the TimescaleDB extension comes with it."""
        return self.origin is Origin.DEBIAN


@dataclass(frozen=True, slots=True)
class Source:
    """One way to get the programs.

    Attributes:
        origin: Its name.
        unpack: Fills an empty folder and returns the folder of the programs.
    """

    origin: Origin
    unpack: Callable[[Path], Path]


SOURCES = (Source(Origin.DEBIAN, debian.unpack), Source(Origin.EMBEDDED, embedded.unpack))


def installed(folder: Path) -> Software | None:
    """Return what an earlier `ensure` put into the folder, or `None`."""
    note = folder / _NOTE
    if not note.is_file():
        return None
    facts = json.loads(note.read_text())
    return Software(folder / facts["programs"], Origin(facts["origin"]), facts["version"])


def ensure(folder: Path, say: Callable[[str], None], sources: Sequence[Source] = SOURCES) -> Software:
    """Return the programs in the folder, fetching them first where they are not there.

    Args:
        folder: Where they live; it appears complete or not at all.
        say: Gets sentences for the user, such as why TimescaleDB is not to be had.
        sources: Ways to get them, best first.

    Raises:
        UnavailableError: None of the ways works, or the disk is full; the message says why for each.
    """
    if (found := installed(folder)) is not None:
        return found
    disk.check_room(folder, say)
    reasons: list[str] = []
    with disk.full_disk_explained(folder):
        for source in sources:
            try:
                software = _unpack(folder, source)
            except UnavailableError as error:
                reasons.append(f"{source.origin}: {error}")
                continue
            if not software.has_timescaledb:
                say(f"no TimescaleDB ({'; '.join(reasons)}): plain PostgreSQL tables are used, slower but complete")
            return software
    raise UnavailableError(
        f"no PostgreSQL could be set up here. {'. '.join(reasons)}. "
        "Install the missing part, or point TREND_DATABASE_URL at a server you have"
    )


def _unpack(folder: Path, source: Source) -> Software:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    partial.chmod(0o755)
    programs = source.unpack(partial)
    version = commands.run([programs / "postgres", "--version"]).strip()
    note = {"programs": str(programs.relative_to(partial)), "origin": source.origin, "version": version}
    (partial / _NOTE).write_text(json.dumps(note))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return Software(folder / programs.relative_to(partial), source.origin, version)
