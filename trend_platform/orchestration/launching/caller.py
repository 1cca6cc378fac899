"""One connection to the supervisor: what a caller asks, in words, and what it is told.

What does not belong here: lanes and workers.
"""

import contextlib
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from trend_platform.orchestration.launching.line import LONGEST_LINE

_RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(slots=True)
class Caller:
    """One connection.

    Attributes:
        line: The socket; readable when the caller said something or hung up.
        on_go: Called when the caller confirms what it offered.
        on_end: Called when the caller hangs up.
    """

    line: socket.socket
    on_go: Callable[[], None] | None = None
    on_end: Callable[[], None] | None = None
    _rest: bytes = field(default=b"", repr=False)

    def hear(self) -> list[str] | None:
        """Return the requests that have come; `None` once the caller hung up, or talks nonsense."""
        try:
            piece = self.line.recv(LONGEST_LINE)
        except BlockingIOError:
            return []
        except OSError:
            return None
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if not piece or len(self._rest) > LONGEST_LINE:
            return None
        return [line.decode(errors="replace").strip() for line in lines]

    def answer(self, words: str) -> None:
        """Tell one line; a caller that does not listen any more hears nothing."""
        with contextlib.suppress(OSError):
            self.line.sendall(f"{words}\n".encode())

    def end(self) -> None:
        """Hang up."""
        if self.on_end is not None:
            self.on_end()
        self.line.close()


def is_run_id(text: str) -> bool:
    """Tell whether a text has the form of a run's id."""
    return _RUN_ID.fullmatch(text) is not None
