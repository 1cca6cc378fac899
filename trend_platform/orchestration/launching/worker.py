"""The inside of a warm worker: a forked process that takes one run at a time over a channel from its supervisor.

    check ID      -> ready SECONDS | refused WHY          then: go | drop
    go            -> done | retire
    bury ID WHY      the run's worker died: record it

It says `hello` once it has everything loaded, and ends when the channel does. What does not belong here: the network.
"""

import contextlib
import importlib
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dagster import DagsterError
from sqlalchemy.exc import SQLAlchemyError

from trend_platform.orchestration.launching.lanes import Lane
from trend_platform.orchestration.launching.runs import LaneRuns, Refused

# Far above the limit that the supervisor keeps: only an orphan, whose supervisor was killed, ever reaches it.
_LAST_RESORT_SECONDS = 60
_log = logging.getLogger("trend.worker")


class Order(StrEnum):
    """What the supervisor says."""

    CHECK = "check"
    GO = "go"
    DROP = "drop"
    BURY = "bury"


class Reply(StrEnum):
    """What the worker says."""

    HELLO = "hello"
    READY = "ready"
    REFUSED = "refused"
    DONE = "done"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is there for.

    Attributes:
        lane: Whose runs it takes.
        module: The module that holds their definitions.
        preload: Modules their assets will want, loaded before the first run asks.
        dagster_home: Folder of `dagster.yaml`.
        runs: After how many a fresh worker takes over, so that memory cannot creep up.
    """

    lane: Lane
    module: str
    preload: Sequence[str]
    dagster_home: str
    runs: int


def work(job: Job, channel: socket.socket) -> None:
    """Take runs until the channel ends or the worker has had its share."""
    # Between runs an interrupt that came too late must not end the worker; within one, Dagster sets its own handler.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    runs = LaneRuns(job.lane, job.module, job.dagster_home)
    for module in (job.module, *job.preload):
        importlib.import_module(module)
    _Desk(runs, channel, job.runs).serve()


class _Desk:
    def __init__(self, runs: LaneRuns, channel: socket.socket, share: int) -> None:
        self._runs = runs
        self._channel = channel
        self._left = share
        self._checked: tuple[str, float] | None = None

    def serve(self) -> None:
        self._say(Reply.HELLO)
        with self._channel.makefile(encoding="utf-8") as orders:
            for line in orders:
                if not self._obey(line.strip()):
                    return

    def _obey(self, line: str) -> bool:
        order, _, rest = line.partition(" ")
        if order == Order.CHECK:
            self._check(rest)
        elif order == Order.DROP:
            self._checked = None
        elif order == Order.BURY:
            run_id, _, why = rest.partition(" ")
            self._bury(run_id, why)
        elif order == Order.GO:
            return self._go()
        return True

    def _check(self, run_id: str) -> None:
        try:
            self._checked = (run_id, self._runs.judge(run_id))
        except (Refused, DagsterError, SQLAlchemyError) as error:
            self._say(f"{Reply.REFUSED} {_one_line(error)}")
        else:
            self._say(f"{Reply.READY} {self._checked[1]:.0f}")

    def _go(self) -> bool:
        if self._checked is not None:
            self._execute(*self._checked)
            self._checked = None
            self._left -= 1
        self._say(Reply.DONE if self._left > 0 else Reply.RETIRE)
        return self._left > 0

    def _execute(self, run_id: str, limit_seconds: float) -> None:
        signal.alarm(int(limit_seconds) + _LAST_RESORT_SECONDS)
        try:
            self._runs.execute(run_id)
        except Exception:  # noqa: BLE001 - a run must not take its worker along, whatever it raises
            _log.exception("run %s ended with an error of its surroundings", run_id)
        finally:
            signal.alarm(0)
            sys.stdout.flush()

    def _bury(self, run_id: str, why: str) -> None:
        try:
            self._runs.declare_ended(run_id, why)
        except (DagsterError, SQLAlchemyError):  # run monitoring asks within seconds, and hears that nobody has it
            _log.exception("run %s could not be declared ended", run_id)

    def _say(self, reply: str) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._channel.sendall(f"{reply}\n".encode())


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
