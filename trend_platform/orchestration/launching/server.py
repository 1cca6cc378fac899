"""The warm workers' supervisor: `python -m trend_platform.orchestration.launching.server --port N --module M`.

It listens, keeps one forked worker per lane, and passes runs on. It has one thread, opens no database and executes
nothing, so that nothing a run does can take it along. SIGTERM lets runs under way finish. What does not belong here:
what a lane promises (`desk`), what a worker does (`worker`).
"""

import argparse
import importlib
import json
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from trend_platform.orchestration.launching.caller import Caller, is_run_id
from trend_platform.orchestration.launching.child import Child, fork
from trend_platform.orchestration.launching.desk import Desk
from trend_platform.orchestration.launching.lanes import Lane
from trend_platform.orchestration.launching.line import Word
from trend_platform.orchestration.launching.worker import Job, work

FINISH_SECONDS = 20.0
RUNS_PER_WORKER = 500
_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Server:
    """The supervisor.

    Attributes:
        listener: Where callers connect.
        module: What the workers have loaded.
        desks: The lanes.
    """

    listener: socket.socket
    module: str
    desks: Mapping[Lane, Desk] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _asked_to_end_at: float = 0.0

    def open(self, jobs: Sequence[Job]) -> None:
        """Have a worker per job, and listen."""
        self.desks = {job.lane: Desk(partial(self._spawn, job), time.monotonic) for job in jobs}
        self._selector.register(self.listener, selectors.EVENT_READ, self._welcome)
        for desk in self.desks.values():
            desk.open()

    def serve(self) -> None:
        """Serve until SIGTERM or SIGINT, and until the runs then under way have ended."""
        alarm, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        self._selector.register(alarm, selectors.EVENT_READ, lambda: alarm.recv(64))
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._close())
        while not self._asked_to_end_at or any(desk.child for desk in self.desks.values()):
            for key, _ in self._selector.select(_LOOK_SECONDS):
                key.data()
            self._look()

    def _close(self) -> None:
        self._asked_to_end_at = self._asked_to_end_at or time.monotonic()

    def _look(self) -> None:
        for desk in self.desks.values():
            desk.look()
            if self._asked_to_end_at and not desk.is_closing:
                desk.close()
            if self._asked_to_end_at and time.monotonic() > self._asked_to_end_at + FINISH_SECONDS:
                desk.end_run("the warm workers were stopped")

    def _spawn(self, job: Job) -> Child:
        child = fork(partial(work, job), self._sockets())
        self._selector.register(child.channel, selectors.EVENT_READ, partial(self._listen, job.lane, child))
        return child

    def _sockets(self) -> Iterator[socket.socket]:
        for key in self._selector.get_map().values():
            if isinstance(key.fileobj, socket.socket):
                yield key.fileobj

    def _listen(self, lane: Lane, child: Child) -> None:
        lines = child.hear()
        if lines is None:
            self._selector.unregister(child.channel)
            self.desks[lane].ended()
            return
        for line in lines:
            self.desks[lane].heard(line)

    def _welcome(self) -> None:
        try:
            line, _ = self.listener.accept()
        except OSError:  # it hung up before we came
            return
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller = Caller(line)
        self._selector.register(line, selectors.EVENT_READ, partial(self._attend, caller))

    def _attend(self, caller: Caller) -> None:
        requests = caller.hear()
        if requests is None:
            self._selector.unregister(caller.line)
            caller.end()
            return
        for request in requests:
            self._serve_request(caller, request.split())

    def _serve_request(self, caller: Caller, words: Sequence[str]) -> None:
        match words:
            case [Word.RUN, lane, run_id] if lane in self.desks and is_run_id(run_id):
                self._offer(caller, self.desks[Lane(lane)], run_id)
            case [Word.GO] if caller.on_go is not None:
                caller.on_go()
            case [Word.STATUS, run_id]:
                caller.answer(Word.RUNNING if self._desk_of(run_id) else Word.UNKNOWN)
            case [Word.TERMINATE, run_id]:
                desk = self._desk_of(run_id)
                caller.answer(Word.OK if desk else Word.UNKNOWN)
                if desk:
                    desk.end_run("the run was asked to end")
            case [Word.STATE]:
                caller.answer(self._state())
            case _:
                caller.answer(f"{Word.REFUSED} expected: run LANE ID, go, terminate ID, status ID or state")

    def _offer(self, caller: Caller, desk: Desk, run_id: str) -> None:
        if caller.on_end is not None:
            caller.answer(f"{Word.REFUSED} one run at a time")
            return

        def answer(words: str) -> None:
            caller.on_go = desk.go if words == Word.READY else None
            if words != Word.READY:
                caller.on_end = None
            caller.answer(words)

        caller.on_end = desk.withdraw
        desk.offer(run_id, answer)

    def _desk_of(self, run_id: str) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.has(run_id)), None)

    def _state(self) -> str:
        lanes = {
            lane: {"state": desk.state, "runs": desk.runs, "run_id": desk.run_id} for lane, desk in self.desks.items()
        }
        return json.dumps({"module": self.module, "pid": os.getpid(), "lanes": lanes})


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the command line says."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # The location's own code is light and starts no thread; what its runs will want is loaded by each worker.
    importlib.import_module(given.module)
    importlib.import_module("dagster_postgres")
    with socket.create_server((given.host, given.port)) as listener:
        listener.setblocking(False)
        server = Server(listener, given.module)
        server.open(
            [Job(lane, given.module, given.preload, given.dagster_home, given.runs_per_worker) for lane in Lane]
        )
        server.serve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Keep warm workers for the lanes of one code location.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; loopback unless you say otherwise")
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on")
    parser.add_argument("--module", required=True, help="module that holds the definitions")
    parser.add_argument("--dagster-home", required=True, help="folder of dagster.yaml")
    parser.add_argument("--preload", action="append", default=[], help="module a worker loads before its first run")
    parser.add_argument("--runs-per-worker", type=int, default=RUNS_PER_WORKER, help="then a fresh one takes over")
    return parser


if __name__ == "__main__":
    main()
