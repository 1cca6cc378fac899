"""A forked process and the channel to it, as the supervisor holds them.

Forked, not started: a fresh worker shares what its supervisor has loaded and is there in milliseconds. The supervisor
has one thread and no connection, so that nothing half-done is copied. What does not belong here: what is said.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

_PIECE = 65536


@dataclass(slots=True)
class Child:
    """One child process.

    Attributes:
        pid: Its process id.
        channel: Our end; readable when it said something or ended.
    """

    pid: int
    channel: socket.socket
    _rest: bytes = field(default=b"", repr=False)

    def say(self, line: str) -> None:
        """Send one line; a child that has just ended hears nothing."""
        with contextlib.suppress(OSError):
            self.channel.sendall(f"{line}\n".encode())

    def hear(self) -> list[str] | None:
        """Return the lines that have come; `None` once the child has ended."""
        try:
            piece = self.channel.recv(_PIECE)
        except OSError:
            piece = b""
        if not piece:
            return None
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; the id is still the child's, since only `bury` gives it back."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def bury(self) -> str:
        """Take leave of a child that has ended, and return how it did, in words."""
        self.channel.close()
        self.signal(signal.SIGKILL)  # one that closed its channel and lives on serves nobody
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def fork(work: Callable[[socket.socket], None], strangers: Iterable[socket.socket]) -> Child:
    """Fork a child that does `work` with its end of the channel, and then ends.

    Args:
        work: What it does.
        strangers: Sockets of ours that the child must not keep open.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # what is loaded stays in shared pages: the collector would write into them
    pid = os.fork()
    if pid == 0:
        ours.close()
        _live(work, theirs, strangers)
    theirs.close()
    return Child(pid, ours)


def _live(
    work: Callable[[socket.socket], None], channel: socket.socket, strangers: Iterable[socket.socket]
) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for stranger in strangers:
            stranger.close()
        work(channel)
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
