from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.ingest.alerts import Reviewed, Trouble, review
from trend_platform_tests.ingest.floor import Floor

MINUTE = timedelta(minutes=1)
STALE = Trouble("stale:latest_prices", "latest prices of 2 of 9 instruments are stale: AAPL; MSFT")
QUOTA = Trouble("quota:polygon", "the quota of polygon is used up")


@dataclass
class Pigeon:
    """A messenger that remembers, and whose channels can be down."""

    channels: tuple[str, ...] = ("slack (1)", "mailto (2)")
    down: set[str] = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def tell(self, title: str, body: str) -> tuple[str, ...]:
        if set(self.channels) - self.down:
            with self.lock:
                self.told.append((title, body))
        return tuple(name for name in self.channels if name in self.down)


@pytest.fixture
def floor() -> Floor:
    return Floor(ManualClock(datetime(2026, 3, 4, 15, 2, tzinfo=UTC)))


@pytest.fixture
def pigeon() -> Pigeon:
    return Pigeon()


def after(floor: Floor, pigeon: Pigeon, *troubles: Trouble, wait: timedelta = MINUTE, quiet: int = 0) -> Reviewed:
    reviewed = review(floor.workshop(), troubles, pigeon, quiet=quiet * MINUTE)
    floor.clock.advance(wait)
    return reviewed


def titles(pigeon: Pigeon) -> list[str]:
    return [title for title, _ in pigeon.told]


def test_a_trouble_is_told_once_and_once_more_when_it_is_over(floor: Floor, pigeon: Pigeon):
    reviews = [after(floor, pigeon, STALE) for _ in range(35)] + [after(floor, pigeon) for _ in range(3)]
    assert titles(pigeon) == ["Wrong: stale:latest_prices", "Over: stale:latest_prices"]
    assert pigeon.told[0][1] == f"{STALE.summary}\n\nFirst seen 2026-03-04 15:02 UTC. You will be told when it is over."
    assert pigeon.told[1][1] == (
        f"This is over: {STALE.summary}\n\nIt lasted 34 minutes: seen from 2026-03-04 15:02 UTC to 2026-03-04 15:36 UTC."
    )
    counts = [(len(one.opened), len(one.ongoing), len(one.closed)) for one in reviews]
    assert counts == [(1, 0, 0), *[(0, 1, 0)] * 34, (0, 0, 1), (0, 0, 0), (0, 0, 0)]


def test_what_comes_back_is_a_new_incident(floor: Floor, pigeon: Pigeon):
    for troubles in ([STALE], [], [STALE], []):
        after(floor, pigeon, *troubles)
    assert [title.split(":")[0] for title in titles(pigeon)] == ["Wrong", "Over", "Wrong", "Over"]
    assert len(floor.storage.incidents.latest(9)) == 2


def test_troubles_are_told_apart_by_key_and_an_ongoing_one_keeps_the_words_that_were_sent(floor: Floor, pigeon: Pigeon):
    after(floor, pigeon, STALE)
    reviewed = after(floor, pigeon, Trouble(STALE.key, "now 5 of them"), QUOTA)
    assert titles(pigeon) == ["Wrong: stale:latest_prices", "Wrong: quota:polygon"]
    assert [one.summary for one in reviewed.ongoing] == [STALE.summary]


def test_while_all_channels_are_down_the_message_stays_due_and_is_sent_once_one_is_back(floor: Floor, pigeon: Pigeon):
    pigeon.down = set(pigeon.channels)
    first = after(floor, pigeon, STALE)
    second = after(floor, pigeon, STALE)
    assert [one.key for one in (*first.undelivered, *second.undelivered)] == [STALE.key] * 2
    assert second.failed_channels == pigeon.channels
    assert floor.storage.incidents.unfinished()[0].told_at is None
    pigeon.down = {"slack (1)"}
    third = after(floor, pigeon, STALE)
    after(floor, pigeon, STALE)
    assert (titles(pigeon), third.undelivered, third.failed_channels) == (
        ["Wrong: stale:latest_prices"],
        (),
        ("slack (1)",),
    )


def test_what_is_over_before_anybody_could_be_told_is_told_when_a_channel_is_back(floor: Floor, pigeon: Pigeon):
    pigeon.down = set(pigeon.channels)
    after(floor, pigeon, STALE)
    lost = after(floor, pigeon, wait=timedelta(hours=3))
    assert (lost.closed, [one.key for one in lost.undelivered]) == ((), [STALE.key])
    pigeon.down = set()
    assert [one.key for one in after(floor, pigeon).closed] == [STALE.key]
    assert titles(pigeon) == ["Over: stale:latest_prices"]
    assert "It lasted less than a minute" in pigeon.told[0][1]
    assert pigeon.told[0][1].endswith("No channel took the message when it began.")


def test_a_recovery_that_nobody_took_is_told_later_and_still_says_how_long_it_lasted(floor: Floor, pigeon: Pigeon):
    for _ in range(91):
        after(floor, pigeon, QUOTA)
    pigeon.down = set(pigeon.channels)
    after(floor, pigeon, wait=timedelta(days=1))
    pigeon.down = set()
    after(floor, pigeon)
    assert "It lasted 1 hour 30 minutes: seen from 2026-03-04 15:02 UTC to 2026-03-04 16:32 UTC." in pigeon.told[-1][1]


def test_without_channels_incidents_are_kept_and_nobody_is_told(floor: Floor):
    nobody = Pigeon(channels=())
    after(floor, nobody, STALE)
    closed = after(floor, nobody).closed
    assert [(one.key, one.told_at) for one in closed] == [(STALE.key, None)]
    assert floor.storage.incidents.unfinished() == ()


def test_a_channel_that_is_added_later_learns_of_what_is_still_wrong(floor: Floor, pigeon: Pigeon):
    after(floor, Pigeon(channels=()), STALE)
    after(floor, pigeon, STALE)
    assert titles(pigeon) == ["Wrong: stale:latest_prices"]


def test_what_does_not_last_is_never_told(floor: Floor, pigeon: Pigeon):
    for _ in range(3):
        after(floor, pigeon, STALE, quiet=5)
    assert [one.key for one in after(floor, pigeon, quiet=5).closed] == [STALE.key]
    assert pigeon.told == []
    for _ in range(7):
        after(floor, pigeon, QUOTA, quiet=5)
    assert titles(pigeon) == ["Wrong: quota:polygon"]


def test_what_was_never_there_is_given_the_time_to_come(floor: Floor, pigeon: Pigeon):
    new = Trouble("missing:latest_prices", "GOOG has no price")
    for _ in range(3):
        after(floor, pigeon, new)
    assert pigeon.told == []
    after(floor, pigeon, new)
    assert titles(pigeon) == ["Wrong: missing:latest_prices"]


def test_a_restart_tells_nothing_again(floor: Floor, pigeon: Pigeon):
    after(floor, pigeon, STALE)
    later = Floor(floor.clock, floor.storage)
    after(later, pigeon, STALE)
    after(later, pigeon)
    assert titles(pigeon) == ["Wrong: stale:latest_prices", "Over: stale:latest_prices"]


def test_a_process_that_died_while_telling_leaves_the_message_due(floor: Floor, pigeon: Pigeon):
    class Dying(Pigeon):
        def tell(self, title: str, body: str) -> tuple[str, ...]:
            raise KeyboardInterrupt(title, body)

    with pytest.raises(KeyboardInterrupt):
        after(floor, Dying(), STALE)
    after(floor, pigeon, STALE)
    assert titles(pigeon) == ["Wrong: stale:latest_prices"]


def test_two_sensors_at_once_do_not_tell_twice(floor: Floor, pigeon: Pigeon):
    workshop = floor.workshop()
    with ThreadPoolExecutor(8) as pool:
        for troubles in ([STALE, QUOTA], []):
            list(pool.map(lambda _, wrong=troubles: review(workshop, wrong, pigeon), range(16)))
    assert sorted(titles(pigeon)) == [
        "Over: quota:polygon",
        "Over: stale:latest_prices",
        "Wrong: quota:polygon",
        "Wrong: stale:latest_prices",
    ]
