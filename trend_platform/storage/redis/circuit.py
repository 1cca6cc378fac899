"""A circuit breaker: after a failure nobody tries again for a while, so that a server that is down costs its timeout once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trend_platform.domain.clock import Clock


@dataclass(slots=True)
class Circuit:
    """Whether it is worth trying. Threads may share it: at worst two of them try at once.

    Attributes:
        clock: The time.
        rest: How long nobody tries after a failure.
    """

    clock: Clock
    rest: timedelta
    _broken_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last failure is too recent to try again."""
        return self._broken_until is not None and self.clock.now() < self._broken_until

    def failed(self) -> None:
        """Note that an attempt failed."""
        self._broken_until = self.clock.now() + self.rest

    def succeeded(self) -> None:
        """Note that an attempt succeeded."""
        self._broken_until = None
