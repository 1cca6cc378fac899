"""The dbt project as a program of this machine: where it lies, what is prepared of it once, and how dbt is started.

Parsing takes seconds, so it is done when the platform is installed or its models change, into a folder of the Python
environment that is named by what was parsed; whoever needs the manifest later reads it. What does not belong here: what the
models mean, and Dagster.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import SecretStr

import trend_platform
from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.local import commands

_PACKAGE = Path(trend_platform.__file__).resolve().parent
_MANIFEST = "manifest.json"
_SUFFIXES = frozenset({".sql", ".yml", ".csv", ".md"})
# dbt counts its users, asks for newer releases of itself and lists what people call it with, unless it is told not to.
_QUIET = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_USE_COLORS": "false",
    "DBT_PRINTER_WIDTH": "120",
    "DBT_QUIET": "false",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What parsing left behind.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @property
    def manifest(self) -> Path:
        """All models, tests and sources, as Dagster reads them."""
        return self.folder / _MANIFEST


def project_folder() -> Path:
    """Return the dbt project: beside the package in a checkout, within it where it is installed.

    Raises:
        ConfigurationError: It is in neither place.
    """
    for folder in (_PACKAGE.parent / "dbt_project", _PACKAGE / "dbt_project"):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise ConfigurationError(f"no dbt project: {_PACKAGE / 'dbt_project'} is missing; install trend-platform anew")


def prepared(project: Path | None = None, kept_in: Path | None = None) -> Prepared:
    """Return what is prepared of the project as it is now, and prepare it if that was not done yet.

    Args:
        project: Another project than the platform's own.
        kept_in: Another place to keep it in than this Python environment; it is made if need be.

    Raises:
        ConfigurationError: The project is not there or does not parse, or the place cannot be written.
    """
    project = project or project_folder()
    kept_in = kept_in or Path(sys.prefix) / "share" / "trend-platform" / "dbt"
    found = Prepared(kept_in / _digest(project))
    if not found.manifest.is_file():
        try:
            _prepare(project, found.folder)
        except OSError as error:
            raise ConfigurationError(
                f"the dbt project is not prepared and {kept_in} cannot be written ({error.strerror}): "
                "run `trend models prepare` as the user who installed the platform"
            ) from error
    return found


def program() -> Path:
    """Return the program dbt.

    Raises:
        UnavailableError: It is not installed beside this Python.
    """
    script = Path(sys.executable).with_name("dbt")
    if not script.is_file():
        raise UnavailableError(f"dbt is not installed beside {sys.executable}: run `make up` in the checkout")
    return script


@contextmanager
def working_folder() -> Iterator[Path]:
    """Lend a folder for what one run of dbt writes; it is thrown away, so that no two runs meet and no tree is written to."""
    with tempfile.TemporaryDirectory(prefix="trend-dbt-") as folder:
        yield Path(folder)


def environment(project: Path, folder: Path, database: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment with what dbt needs to know; it may hold the database's password, so it is for dbt alone.

    Args:
        project: The project, with its profile.
        folder: What dbt writes goes there.
        database: Where the database is, as `database_variables` says it.
    """
    places = {
        "DBT_PROJECT_DIR": project,
        "DBT_PROFILES_DIR": project,
        "DBT_TARGET_PATH": folder,
        "DBT_LOG_PATH": folder,
    }
    return {**os.environ, **_QUIET, **{name: str(path) for name, path in places.items()}, **(database or {})}


def database_variables(url: SecretStr) -> dict[str, str]:
    """Return a database's URL in the variables that the profile and libpq read.

    Raises:
        ConfigurationError: It is no URL of a PostgreSQL database.
    """
    import psycopg  # noqa: PLC0415  a driver is loaded by whoever connects
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    names = {"dbname": "PGDATABASE", "password": "DBT_ENV_SECRET_PGPASSWORD"}
    try:
        parts = conninfo_to_dict(url.get_secret_value())
    except psycopg.ProgrammingError:
        raise ConfigurationError("TREND_DATABASE_URL is no URL of a PostgreSQL database") from None
    return {names.get(name, "PG" + name.replace("_", "").upper()): str(value) for name, value in parts.items()}


def last_words(folder: Path) -> str:
    """Return the end of dbt's log in a folder it worked in."""
    log = folder / "dbt.log"
    said = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return " ".join(line.split(": ", 1)[-1].strip() for line in said[-12:] if line.strip()) or "it left no word"


def _digest(project: Path) -> str:
    found = hashlib.sha256(f"{version('dbt-core')} {version('dbt-postgres')}".encode())
    for file in sorted(path for path in project.rglob("*") if path.suffix in _SUFFIXES):
        found.update(f"\0{file.relative_to(project).as_posix()}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _prepare(project: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _parse(project, folder)


def _parse(project: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder.parent) as partial:
        fresh = Path(partial) / "target"
        try:
            commands.run([program(), "--quiet", "parse"], env=environment(project, fresh), cwd=project)
        except UnavailableError as error:
            raise ConfigurationError(f"the dbt project in {project} does not parse: {last_words(fresh)}") from error
        for file in fresh.iterdir():
            if file.name != _MANIFEST:
                file.unlink()
        for old in folder.parent.iterdir():
            if old.is_dir() and old != Path(partial):
                shutil.rmtree(old)
        fresh.rename(folder)
