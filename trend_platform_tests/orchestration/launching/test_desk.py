"""A lane's promises, with a clock in the test's hand and a worker that only writes down what it is told."""

import signal
import socket
from collections.abc import Iterator

import pytest

from trend_platform.orchestration.launching.child import Child
from trend_platform.orchestration.launching.desk import GRACE_SECONDS, Desk, State

RUN, OTHER = "run-1", "run-2"


class Puppet(Child):
    """A worker without a process."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        super().__init__(0, ours)
        self.told: list[str] = []
        self.signals: list[signal.Signals] = []

    def say(self, line: str) -> None:
        self.told.append(line)

    def signal(self, number: signal.Signals) -> None:
        self.signals.append(number)

    def bury(self) -> str:
        self.channel.close()
        self.theirs.close()
        return "killed by SIGKILL"


class Lane:
    """A desk, its workers so far, the time, and what callers heard."""

    def __init__(self) -> None:
        self.now = 0.0
        self.workers: list[Puppet] = []
        self.answers: list[str] = []
        self.desk = Desk(self._spawn, lambda: self.now)
        self.desk.open()

    def _spawn(self) -> Puppet:
        self.workers.append(Puppet())
        return self.workers[-1]

    def offer(self, run_id: str = RUN) -> None:
        self.desk.offer(run_id, self.answers.append)

    def run(self) -> Puppet:
        self.desk.heard("hello")
        self.offer()
        self.desk.heard("ready 60")
        self.desk.go()
        return self.workers[-1]

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.desk.look()

    def close(self) -> None:
        for worker in self.workers:
            worker.bury()


@pytest.fixture
def lane() -> Iterator[Lane]:
    found = Lane()
    yield found
    found.close()


def test_a_run_is_checked_offered_back_and_begun_only_at_go(lane: Lane) -> None:
    lane.desk.heard("hello")
    lane.offer()
    assert (lane.workers[0].told, lane.answers) == ([f"check {RUN}"], [])
    lane.desk.heard("ready 60")
    assert (lane.answers, lane.desk.has(RUN)) == (["ready"], False)
    lane.desk.go()
    assert (lane.workers[0].told[-1], lane.answers[-1], lane.desk.has(RUN)) == ("go", "started", True)


def test_a_second_run_is_told_that_the_lane_is_busy(lane: Lane) -> None:
    lane.run()
    lane.offer(OTHER)
    assert lane.answers[-1] == "busy"


def test_a_run_that_comes_while_the_worker_starts_waits_for_it(lane: Lane) -> None:
    lane.offer()
    assert not lane.workers[0].told
    lane.desk.heard("hello")
    assert lane.workers[0].told == [f"check {RUN}"]


def test_a_run_is_dropped_when_its_launcher_hangs_up_before_go(lane: Lane) -> None:
    lane.desk.heard("hello")
    lane.offer()
    lane.desk.withdraw()
    lane.desk.heard("ready 60")
    assert (lane.workers[0].told[-1], lane.desk.state, lane.desk.run_id) == ("drop", State.IDLE, "")
    lane.offer(OTHER)
    lane.desk.heard("ready 60")
    lane.desk.withdraw()
    assert (lane.workers[0].told[-1], lane.desk.run_id) == ("drop", "")


def test_go_for_a_run_whose_worker_died_begins_nothing(lane: Lane) -> None:
    lane.desk.heard("hello")
    lane.offer()
    lane.desk.heard("ready 60")
    lane.desk.ended()
    lane.desk.go()
    assert lane.answers == ["ready", "refused the worker was killed by SIGKILL"]
    assert "go" not in lane.workers[1].told


def test_the_next_worker_records_the_end_of_a_dead_ones_run_before_anything_else(lane: Lane) -> None:
    lane.run()
    lane.desk.ended()
    assert lane.workers[1].told == [f"bury {RUN} The worker process was killed by SIGKILL."]
    lane.desk.heard("hello")
    assert (lane.desk.state, lane.desk.run_id) == (State.IDLE, "")


def test_a_run_above_its_time_is_interrupted_and_after_the_grace_killed_with_its_reason(lane: Lane) -> None:
    worker = lane.run()
    lane.later(59)
    assert worker.signals == []
    lane.later(2)
    lane.later(1)
    assert worker.signals == [signal.SIGINT]
    lane.later(GRACE_SECONDS)
    assert worker.signals == [signal.SIGINT, signal.SIGKILL]
    lane.desk.ended()
    assert lane.workers[1].told[0].endswith("because the run took more than 60 s.")


def test_a_worker_that_does_not_start_is_tried_again_after_a_pause(lane: Lane) -> None:
    lane.offer()
    lane.desk.ended()
    assert lane.answers == ["refused the worker was killed by SIGKILL"]
    lane.offer()
    assert lane.answers[-1] == "refused the worker could not be started"
    assert len(lane.workers) == 1
    lane.later(3)
    assert len(lane.workers) == 2


def test_a_worker_that_hangs_over_a_check_is_replaced(lane: Lane) -> None:
    lane.desk.heard("hello")
    lane.offer()
    lane.later(16)
    assert lane.workers[0].signals == [signal.SIGKILL]


def test_a_retired_worker_is_followed_by_another_which_takes_who_waits(lane: Lane) -> None:
    lane.run()
    lane.desk.heard("retire")
    lane.offer(OTHER)
    lane.desk.ended()
    lane.desk.heard("hello")
    assert lane.workers[1].told == [f"check {OTHER}"]


def test_a_closing_lane_finishes_its_run_takes_no_other_and_has_no_successor(lane: Lane) -> None:
    worker = lane.run()
    lane.desk.close()
    lane.offer(OTHER)
    assert lane.answers[-1] == "refused the worker is ending"
    worker.theirs.settimeout(0.1)
    with pytest.raises(TimeoutError):
        worker.theirs.recv(1)
    lane.desk.heard("done")
    assert worker.theirs.recv(1) == b""
    lane.desk.ended()
    lane.later(100)
    assert len(lane.workers) == 1
