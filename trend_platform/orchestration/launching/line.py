"""The line between whoever launches runs and the warm workers: one request per TCP connection, in plain words.

    run LANE ID        -> ready | busy | refused WHY       then: go -> started
    terminate ID       -> ok | unknown
    status ID          -> running | unknown
    state              -> one line of JSON

A run is handed over in two steps: until `go` it is the launcher's, who may turn elsewhere; from `go` on it is the
worker's. Only ids go over the line: the worker asks its own database what a run is, and takes no other.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from trend_platform.errors import UnavailableError
from trend_platform.orchestration.launching.lanes import Lane

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0
LONGEST_LINE = 4096


class Word(StrEnum):
    """The first word of a request or an answer."""

    RUN = "run"
    GO = "go"
    TERMINATE = "terminate"
    STATUS = "status"
    STATE = "state"
    READY = "ready"
    BUSY = "busy"
    REFUSED = "refused"
    STARTED = "started"
    OK = "ok"
    RUNNING = "running"
    UNKNOWN = "unknown"


class Handover(StrEnum):
    """How handing over a run ended."""

    TAKEN = "taken"
    BUSY = "busy"


class NotTaken(UnavailableError):
    """The run is still the launcher's: nobody answered, or the worker refused it and said why."""


class Lost(UnavailableError):
    """The run was handed over, and then the line broke: whether it runs is not known."""


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """Where the warm workers listen.

    Attributes:
        host: Name or address.
        port: TCP port.
        answer_seconds: How long to wait for an answer.
    """

    host: str
    port: int
    answer_seconds: float = ANSWER_SECONDS

    def hand_over(self, lane: Lane, run_id: str) -> Handover:
        """Give a run to the worker of its lane.

        Raises:
            NotTaken: Nobody answered in time, or the worker refuses the run; it may be launched otherwise.
            Lost: The worker took the run, and did not say that it began.
        """
        with self._dial() as call:
            answer = call.ask(f"{Word.RUN} {lane} {run_id}")
            if answer == Word.BUSY:
                return Handover.BUSY
            if answer != Word.READY:
                raise NotTaken(f"the warm workers at {self} do not take it: {answer}")
            try:
                if call.ask(Word.GO) == Word.STARTED:
                    return Handover.TAKEN
            except UnavailableError as error:
                raise Lost(f"{error}, after it had taken the run") from error
            raise NotTaken(f"the warm worker at {self} ended before it began")

    def terminate(self, run_id: str) -> bool:
        """Ask for a run to be ended; `False` if no worker runs it.

        Raises:
            NotTaken: Nobody answered in time.
        """
        with self._dial() as call:
            return call.ask(f"{Word.TERMINATE} {run_id}") == Word.OK

    def is_running(self, run_id: str) -> bool:
        """Tell whether a worker runs it.

        Raises:
            NotTaken: Nobody answered in time.
        """
        with self._dial() as call:
            return call.ask(f"{Word.STATUS} {run_id}") == Word.RUNNING

    def state(self) -> str:
        """Return what the workers are doing, as JSON.

        Raises:
            NotTaken: Nobody answered in time.
        """
        with self._dial() as call:
            return call.ask(Word.STATE)

    @contextmanager
    def _dial(self) -> Iterator["_Call"]:
        try:
            line = socket.create_connection((self.host, self.port), CONNECT_SECONDS)
        except OSError as error:
            raise NotTaken(f"the warm workers at {self} do not answer: {error.strerror or error}") from error
        with line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(self.answer_seconds)
            yield _Call(line, str(self))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Call:
    line: socket.socket
    where: str

    def ask(self, request: str) -> str:
        answer = b""
        try:
            self.line.sendall(f"{request}\n".encode())
            while not answer.endswith(b"\n"):
                if not (piece := self.line.recv(LONGEST_LINE)):
                    raise NotTaken(f"the warm workers at {self.where} hung up")
                answer += piece
        except OSError as error:
            raise NotTaken(f"the warm workers at {self.where} do not answer: {error.strerror or error}") from error
        return answer.decode(errors="replace").strip()
