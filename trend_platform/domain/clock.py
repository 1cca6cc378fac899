"""The clock as a value that is passed in: nothing else in the platform asks the machine for the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is moved: for tests and for replays.

    Attributes:
        instant: What `now` answers.
    """

    instant: datetime

    def now(self) -> datetime:
        """Return the instant the clock was last set to."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by `by`."""
        self.instant += by
