"""Processes that outlive the command that started them: started, recognised, stopped.

A process is recognised by its id together with the boot and the instant it began, so that a pid file left
by a crash or a reboot never points at a stranger. What does not belong here: which processes there are.
"""

import hashlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import psutil

from trend_platform.errors import UnavailableError
from trend_platform.local import accounts, commands, waiting
from trend_platform.local.accounts import Account

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
KEPT_LOGS = 3


class State(StrEnum):
    """What a pid file and the process it names amount to."""

    RUNNING = "running"
    STOPPED = "stopped"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Program:
    """What to start.

    Attributes:
        name: Name of the service; also of its pid file and log.
        argv: Program and arguments.
        port: TCP port it listens on, if any.
        env: Variables added to its environment.
        bare: Start from an empty environment instead of ours.
        cwd: Working directory; `None` keeps ours.
        account: Whose rights it gets; `None` keeps ours.
        stop_signal: What asks it to end.
        configuration: What else it reads at its start; a change of it means a restart.
    """

    name: str
    argv: Sequence[str | Path]
    port: int | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    bare: bool = False
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    configuration: str = field(default="", repr=False)

    @property
    def fingerprint(self) -> str:
        """What changes when the program would be started otherwise than before."""
        parts = [*map(str, self.argv), str(self.port), str(self.cwd), self.configuration]
        parts += [f"{name}={value}" for name, value in sorted(self.env.items())]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Record:
    """What a pid file says.

    Attributes:
        name: Name of the service.
        pid: Process id, also its process group's.
        birth: Boot and instant the process began; equal only for the very same process.
        port: TCP port it listens on, if any.
        stop_signal: Number of the signal that asks it to end.
        fingerprint: Of the program it was started from.
    """

    name: str
    pid: int
    birth: str
    port: int | None = None
    stop_signal: int = signal.SIGTERM
    fingerprint: str = ""


def birth_of(pid: int) -> str | None:
    """Return what tells a process from every other one that ever has its id; `None` if it has ended.

    On Linux that is the boot id and the start in clock ticks since boot, which no change of the clock moves.
    """
    commands.reap()
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if _BOOT_ID.exists():
            # The second field, the program's name, may hold blanks and brackets; what follows cannot.
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
            return f"{_BOOT_ID.read_text().strip()}:{ticks}"
        return f"{process.create_time():.2f}"
    except (psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
        return None


@dataclass(frozen=True, slots=True)
class Registry:
    """The pid files and logs of one home.

    Attributes:
        pid_files: Folder of `NAME.json`.
        logs: Folder of `NAME.log`, the newest, and older ones `NAME.log.1` and so on.
    """

    pid_files: Path
    logs: Path

    def log(self, name: str) -> Path:
        """Return the path of a service's log."""
        return self.logs / f"{name}.log"

    def read(self, name: str) -> Record | None:
        """Return what the pid file says; `None` where there is none or it was cut short.

        Raises:
            UnavailableError: The pid files are another user's.
        """
        file = self.pid_files / f"{name}.json"
        try:
            return Record(**json.loads(file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        except PermissionError:
            raise accounts.belongs_to_another(file.parent) from None

    def state(self, name: str) -> State:
        """Tell whether the service runs, was stopped, or ended without being asked."""
        record = self.read(name)
        if record is None:
            return State.STOPPED
        return State.RUNNING if birth_of(record.pid) == record.birth else State.STALE

    def running(self, name: str) -> psutil.Process | None:
        """Return the live process of the service, or `None`."""
        record = self.read(name)
        if record is None or birth_of(record.pid) != record.birth:
            return None
        return psutil.Process(record.pid)

    def up_to_date(self, program: Program) -> bool:
        """Tell whether the service runs, and as `program` would start it now."""
        record = self.read(program.name)
        return (
            record is not None and record.fingerprint == program.fingerprint and self.running(program.name) is not None
        )

    def start(self, program: Program) -> Record:
        """Start a program that is not running, with a fresh log, and write its pid file.

        Raises:
            UnavailableError: It could not be started.
        """
        for folder in (self.pid_files, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        log = self.log(program.name)
        rotate(log)
        pid = commands.start(
            program.argv, log=log, account=program.account, env=program.env, bare=program.bare, cwd=program.cwd
        )
        try:
            return self._note(program, pid)
        except BaseException:  # Ctrl-C in this instant must not leave a process that no pid file names
            _send(pid, signal.SIGKILL, group=True)
            raise

    def stop(self, name: str, limit_seconds: float = 20.0) -> State:
        """Ask the service to end, insist after the limit, and remove the pid file.

        Whatever the service itself started and left behind in its process group ends too.

        Returns:
            The state that was found.
        """
        found = self.state(name)
        record = self.read(name)
        if record is not None:
            _end(record, limit_seconds, leader_lives=found is State.RUNNING)
        (self.pid_files / f"{name}.json").unlink(missing_ok=True)
        return found

    def _note(self, program: Program, pid: int) -> Record:
        birth = birth_of(pid)
        if birth is None:
            log = self.log(program.name)
            raise UnavailableError(f"{program.name} ended at once: {self.last_words(program.name)}; see {log}")
        record = Record(program.name, pid, birth, program.port, program.stop_signal, program.fingerprint)
        _write(self.pid_files / f"{program.name}.json", json.dumps(asdict(record)))
        return record

    def last_words(self, name: str) -> str:
        """Return the end of the service's log as one line."""
        log = self.log(name)
        return commands.last_words(log.read_text(errors="replace")) if log.is_file() else "it wrote no log"


def rotate(log: Path, kept: int = KEPT_LOGS) -> None:
    """Move a log aside, keeping the newest `kept` of the older ones."""
    aged = [log, *(log.with_name(f"{log.name}.{age}") for age in range(1, kept + 1))]
    for younger, older in reversed(list(pairwise(aged))):
        if younger.exists():
            younger.replace(older)


def _end(record: Record, limit_seconds: float, *, leader_lives: bool) -> None:
    # A process group outlives its leader, and while it does no new process can get the leader's id.
    # After a reboot the id may belong to anybody, so a group is only touched within the same boot.
    if leader_lives:
        _send(record.pid, signal.Signals(record.stop_signal), group=False)
        waiting.until(lambda: True if birth_of(record.pid) != record.birth else None, limit_seconds)
    elif birth_of(record.pid) is not None or not _same_boot(record.birth):
        return
    if _group_lives(record.pid):
        _send(record.pid, signal.SIGTERM, group=True)
        waiting.until(lambda: None if _group_lives(record.pid) else True, min(limit_seconds, 5.0))
        _send(record.pid, signal.SIGKILL, group=True)


def _send(pid: int, number: signal.Signals, *, group: bool) -> None:
    try:
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def _group_lives(pid: int) -> bool:
    commands.reap()
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _same_boot(birth: str) -> bool:
    return _BOOT_ID.exists() and birth.startswith(f"{_BOOT_ID.read_text().strip()}:")


def _write(path: Path, text: str) -> None:
    # A rename is all or nothing: a crash in between leaves no half pid file.
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)
