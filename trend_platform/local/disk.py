"""Whether the disk has room, said before it runs out, and said plainly when it did."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trend_platform.errors import UnavailableError

WARN_BELOW_BYTES = 1024**3
REFUSE_BELOW_BYTES = 300 * 1000**2


def check_room(folder: Path, warn: Callable[[str], None], free_bytes: int | None = None) -> None:
    """Warn below 1 GiB of free space, refuse below 300 MB.

    Args:
        folder: A folder on the disk in question; it need not exist yet.
        warn: Gets the warning, a sentence.
        free_bytes: Free space, where the caller knows it; `None` asks the file system.

    Raises:
        UnavailableError: Less than 300 MB are free.
    """
    existing = next(step for step in (folder, *folder.parents) if step.exists())
    free = shutil.disk_usage(existing).free if free_bytes is None else free_bytes
    found = f"{free / 1000**2:,.0f} MB free on the disk of {existing}"
    if free < REFUSE_BELOW_BYTES:
        raise UnavailableError(
            f"{found}, and the local services need at least {REFUSE_BELOW_BYTES / 1000**2:.0f} MB to start: "
            "make room, or set TREND_HOME to a folder on another disk"
        )
    if free < WARN_BELOW_BYTES:
        warn(f"only {found}: history of many symbols needs more, set TREND_HOME to use another disk")


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
    """Turn "no space left on device" within the block into a message that says where and what to do.

    Raises:
        UnavailableError: The disk or the quota is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise UnavailableError(
            f"the disk of {folder} is full ({error.strerror}): make room and run `trend up` again, "
            "or set TREND_HOME to a folder on another disk"
        ) from error
