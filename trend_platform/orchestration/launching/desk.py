"""One lane at the supervisor: its worker, the run it has, and who waits for an answer.

Keeps the promises of the lane: one run at a time, none above its time, a dead worker's run declared failed by the next
worker at once. What does not belong here: sockets of callers, and how a worker is forked.
"""

import math
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trend_platform.orchestration.launching.child import Child
from trend_platform.orchestration.launching.line import Word
from trend_platform.orchestration.launching.worker import Order, Reply

GRACE_SECONDS = 10.0
Answer = Callable[[str], None]


class State(StrEnum):
    """What the lane's worker is doing."""

    GONE = "gone"
    STARTING = "starting"
    IDLE = "idle"
    CHECKING = "checking"
    OFFERED = "offered"
    RUNNING = "running"
    RETIRING = "retiring"


# After which time a worker that does not get on is replaced; a run brings its own limit.
_PATIENCE_SECONDS: Mapping[State, float] = {
    State.GONE: 2.0,
    State.STARTING: 60.0,
    State.CHECKING: 15.0,
    State.OFFERED: 15.0,
    State.RETIRING: 15.0,
}


@dataclass(slots=True)
class Desk:
    """One lane.

    Attributes:
        spawn: Forks a worker.
        clock: Seconds, monotonic.
        state: What the worker is doing.
        child: The worker; `None` while there is none.
        run_id: The run being checked, offered or executed; while the worker starts, the one that waits for it.
        runs: How many runs the lane has executed.
        is_closing: No worker will follow this one.
    """

    spawn: Callable[[], Child]
    clock: Callable[[], float]
    state: State = State.GONE
    child: Child | None = None
    run_id: str = ""
    runs: int = 0
    is_closing: bool = False
    _until: float = 0.0
    _limit_seconds: float = 0.0
    _why: str = ""
    _answer: Answer | None = field(default=None, repr=False)

    def open(self, order: str = "") -> None:
        """Have a worker; `order` is the first thing it does."""
        self.child = self.spawn()
        self._enter(State.STARTING)
        if order:
            self.child.say(order)

    def offer(self, run_id: str, answer: Answer) -> None:
        """Ask the worker whether it takes a run; `answer` is told."""
        if self.is_closing or self.state is State.GONE:
            answer(f"{Word.REFUSED} the worker {'is ending' if self.is_closing else 'could not be started'}")
        elif self.run_id:
            answer(Word.BUSY)
        else:
            self.run_id, self._answer = run_id, answer
            if self.state is State.IDLE:
                self._check()

    def go(self) -> None:
        """Have the offered run executed."""
        if self.state is not State.OFFERED or self.child is None:
            self._tell(f"{Word.REFUSED} the worker has ended")
            return
        self._why = ""
        self._enter(State.RUNNING, self._limit_seconds)
        self.child.say(Order.GO)
        self._tell(Word.STARTED)
        self._answer = None

    def withdraw(self) -> None:
        """Forget the run that is not under way yet: whoever offered it hung up."""
        self._answer = None
        if self.state is State.OFFERED:
            self._drop()
        elif self.state in {State.STARTING, State.RETIRING}:
            self.run_id = ""

    def has(self, run_id: str) -> bool:
        """Tell whether the lane's worker executes the run."""
        return self.state is State.RUNNING and self.run_id == run_id

    def end_run(self, why: str) -> None:
        """Interrupt the run under way; if it has not ended when the grace is over, its worker is killed."""
        if self.state is State.RUNNING and self.child is not None and not self._why:
            self._why = why
            self._enter(State.RUNNING, GRACE_SECONDS)
            self.child.signal(signal.SIGINT)

    def heard(self, line: str) -> None:
        """Take in what the worker said."""
        reply, _, rest = line.partition(" ")
        if reply == Reply.HELLO:
            self._become_free()
        elif reply == Reply.DONE:
            self._count()
            self._become_free()
        elif reply == Reply.RETIRE:
            self._count()
            self._enter(State.RETIRING)
        elif reply == Reply.READY:
            self._limit_seconds = float(rest)
            self._offer_back()
        elif reply == Reply.REFUSED:
            self._turn_down(rest)
            self._enter(State.IDLE)

    def ended(self) -> None:
        """Take in that the worker has ended, and have another one."""
        found, run_id, how = self.state, self.run_id, self.child.bury() if self.child else "not there"
        self.child = None
        self._enter(State.GONE)
        if found is State.RUNNING:
            self._count()
            why = f" because {self._why}" if self._why else ""
            self.open(f"{Order.BURY} {run_id} The worker process was {how}{why}.")
            return
        if found is not State.RETIRING:
            self._turn_down(f"the worker was {how}")
        if found is not State.STARTING and not self.is_closing:
            self.open()

    def close(self) -> None:
        """Let the worker end as soon as it is free."""
        self.is_closing = True
        if self.state is not State.RUNNING:
            self._hang_up()

    def look(self) -> None:
        """Act on what took too long."""
        if self.clock() < self._until:
            return
        if self.state is State.RUNNING and not self._why:
            self.end_run(f"the run took more than {self._limit_seconds:.0f} s")
        elif self.state is State.GONE and not self.is_closing:
            self.open()
        elif self.child is not None:
            self.child.signal(signal.SIGKILL)

    def _enter(self, state: State, seconds: float | None = None) -> None:
        patience = _PATIENCE_SECONDS.get(state, math.inf) if seconds is None else seconds
        self.state, self._until = state, self.clock() + patience

    def _count(self) -> None:
        self.runs += 1
        self.run_id = ""

    def _become_free(self) -> None:
        self._enter(State.IDLE)
        if self.is_closing:
            self._hang_up()
        elif self.run_id:
            self._check()

    def _check(self) -> None:
        self._enter(State.CHECKING)
        if self.child is not None:
            self.child.say(f"{Order.CHECK} {self.run_id}")

    def _offer_back(self) -> None:
        if self._answer is None:  # whoever asked hung up meanwhile
            self._drop()
            return
        self._enter(State.OFFERED)
        self._tell(Word.READY)

    def _drop(self) -> None:
        if self.child is not None:
            self.child.say(Order.DROP)
        self.run_id = ""
        self._enter(State.IDLE)

    def _turn_down(self, why: str) -> None:
        self._tell(f"{Word.REFUSED} {why}")
        self.run_id, self._answer = "", None

    def _hang_up(self) -> None:
        if self.child is not None:
            self.child.channel.shutdown(socket.SHUT_WR)

    def _tell(self, words: str) -> None:
        if self._answer is not None:
            self._answer(words)
