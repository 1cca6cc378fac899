"""The folder of the local services: what lies where in it, and the one lock that guards it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from trend_platform.errors import UnavailableError
from trend_platform.local import accounts
from trend_platform.local.processes import Registry
from trend_platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Home:
    """Paths under `settings.home`.

    Attributes:
        root: The folder itself, absolute.
    """

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> "Home":
        """Return the home these settings name."""
        return cls(settings.home.expanduser().absolute())

    @property
    def registry(self) -> Registry:
        """Pid files and logs."""
        return Registry(pid_files=self.root / "run", logs=self.root / "logs")

    @property
    def dagster(self) -> Path:
        """What Dagster knows as `DAGSTER_HOME`."""
        return self.root / "dagster"

    @property
    def valkey(self) -> Path:
        """Configuration and snapshot of the local Valkey."""
        return self.root / "valkey"

    def create(self) -> None:
        """Make the folders; what they hold is for our own eyes, but others may pass through.

        Raises:
            UnavailableError: The folder cannot be made or written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if accounts.server_account() is not None:  # the server's user has to pass through
                self.root.chmod(0o755)
            for folder in (self.registry.pid_files, self.registry.logs, self.dagster):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"{self.root} cannot be used for the local services ({error.strerror}): "
                "set TREND_HOME to a folder you may write"
            ) from error

    def recall(self, name: str) -> dict[str, str]:
        """Return what was remembered under a name; empty if nothing was, or it was cut short.

        Raises:
            UnavailableError: It is another user's.
        """
        try:
            facts = json.loads((self.root / f"{name}.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        except PermissionError:
            raise accounts.belongs_to_another(self.root) from None
        return {str(key): str(value) for key, value in facts.items()} if isinstance(facts, dict) else {}

    def remember(self, name: str, facts: Mapping[str, str]) -> None:
        """Keep facts for later commands, readable for ourselves only, whole or not at all."""
        partial = self.root / f"{name}.partial"
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(dict(facts), file, indent=2)
        partial.replace(self.root / f"{name}.json")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other `up` and `down` of this home out for the length of the block.

        Raises:
            UnavailableError: Another one is under way, or the home is another user's.
        """
        with self._open_lock() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise UnavailableError(
                    f"another `trend up` or `trend down` is at work in {self.root} (process {file.read().strip()}): "
                    "wait for it to finish"
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def _open_lock(self) -> TextIO:
        try:
            return (self.root / "up.lock").open("a+")
        except PermissionError:
            raise accounts.belongs_to_another(self.root) from None
