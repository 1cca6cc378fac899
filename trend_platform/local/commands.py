"""How this package runs other programs: the only module here that starts a process.

Programs get an argument list, never a shell, a standard input that is empty, and where `Account` says so
another user's rights. What does not belong here: knowledge of any particular program.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from trend_platform.errors import UnavailableError
from trend_platform.local.accounts import Account


class _Outliving(subprocess.Popen[bytes]):
    # A child that is meant to run on when we end: Popen would warn of it as of one forgotten.
    def __del__(self) -> None:
        """Let go of it."""


# Kept so that a child which dies while we watch is reaped instead of lingering as a zombie.
_started: list[_Outliving] = []


def run(
    argv: Sequence[str | Path],
    *,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    bare: bool = False,
    cwd: Path | None = None,
    timeout_seconds: float = 300.0,
) -> str:
    """Run a program to its end and return what it printed to standard output.

    Args:
        argv: Program and arguments.
        account: Whose rights it gets; `None` keeps ours.
        env: Variables added to the environment.
        bare: Start from an empty environment instead of ours; another account always does.
        cwd: Working directory; `None` keeps ours.
        timeout_seconds: When it is killed.

    Raises:
        UnavailableError: It is not there, failed, or took too long; the message ends with what it said.
    """
    program = Path(argv[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - argument lists only, built by this package
            [str(part) for part in argv],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=_environment(env, bare=bare or account is not None),
            cwd=cwd,
            timeout=timeout_seconds,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=None if account is None else [],
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{program} did not finish within {timeout_seconds:.0f} s and was stopped") from None
    except OSError as error:
        raise UnavailableError(f"{program} could not be run: {error.strerror or error}") from error
    if done.returncode != 0:
        raise UnavailableError(f"{program} failed with exit code {done.returncode}: {last_words(done.stderr)}")
    return done.stdout


@contextmanager
def reading(argv: Sequence[str | Path]) -> Iterator[IO[bytes]]:
    """Run a program and hand out what it prints as a stream, while it prints.

    Raises:
        UnavailableError: It failed.
    """
    program = Path(argv[0]).name
    with subprocess.Popen(  # noqa: S603 - argument lists only, built by this package
        [str(part) for part in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as child:
        if child.stdout is None:
            raise UnavailableError(f"{program} was started without an output to read")
        yield child.stdout
    if child.returncode != 0:
        raise UnavailableError(f"{program} {argv[-1]} failed with exit code {child.returncode}")


def start(
    argv: Sequence[str | Path],
    *,
    log: Path,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    bare: bool = False,
    cwd: Path | None = None,
) -> int:
    """Start a program in a session of its own that outlives us, and return its process id.

    Args:
        argv: Program and arguments.
        log: File that gets its output, appended.
        account: Whose rights it gets; `None` keeps ours.
        env: Variables added to the environment.
        bare: Start from an empty environment instead of ours; another account always does.
        cwd: Working directory; `None` keeps ours.

    Raises:
        UnavailableError: The program could not be started.
    """
    try:
        with log.open("ab") as output:
            child = _spawn(argv, output, account, _environment(env, bare=bare or account is not None), cwd)
    except OSError as error:
        raise UnavailableError(f"{Path(argv[0]).name} could not be started: {error.strerror or error}") from error
    _started.append(child)
    return child.pid


def reap() -> None:
    """Collect the exit status of children of ours that ended."""
    _started[:] = [child for child in _started if child.poll() is None]


def last_words(text: str, characters: int = 600) -> str:
    """Return the end of a program's output as one line, for an error message."""
    words = " | ".join(line.strip() for line in text.splitlines() if line.strip())
    return words[-characters:] or "it said nothing"


def _spawn(
    argv: Sequence[str | Path],
    output: IO[bytes],
    account: Account | None,
    env: Mapping[str, str],
    cwd: Path | None,
) -> _Outliving:
    return _Outliving(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=env,
        cwd=cwd,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=None if account is None else [],
    )


def _environment(additions: Mapping[str, str] | None, *, bare: bool) -> dict[str, str]:
    # What a server does not need it does not get: our environment may hold provider keys.
    inherited = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSFILE": os.devnull} if bare else os.environ
    return {**inherited, **(additions or {})}
