"""What a client has done on the wire, counted, and the counts that travel with errors.

Numbers only: no address, no key and no body comes here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from trend_platform.errors import ProviderError


@dataclass(frozen=True, slots=True)
class HttpMetrics:
    """What a client has done so far.

    Attributes:
        calls: Attempts made.
        retries: Attempts that repeated an earlier one.
        bytes_received: Size of all bodies, decompressed.
        statuses: Answers by HTTP status.
        lost: Attempts without an answer: timeouts and lost connections.
        seconds: Sum of the time all answers took.
        slowest_seconds: The longest time one answer took.
    """

    calls: int = 0
    retries: int = 0
    bytes_received: int = 0
    statuses: Mapping[int, int] = field(default_factory=dict)
    lost: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0


@dataclass(slots=True)
class Tally:
    """The running count behind `HttpMetrics`; the attributes mean the same."""

    calls: int = 0
    retries: int = 0
    bytes_received: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0

    def count(self, status: int, size_bytes: int, elapsed_seconds: float) -> None:
        """Add one answer."""
        self.bytes_received += size_bytes
        self.statuses[status] += 1
        self.seconds += elapsed_seconds
        self.slowest_seconds = max(self.slowest_seconds, elapsed_seconds)

    def snapshot(self) -> HttpMetrics:
        """Return the count so far as a value that no longer changes."""
        return HttpMetrics(
            self.calls,
            self.retries,
            self.bytes_received,
            dict(self.statuses),
            self.lost,
            self.seconds,
            self.slowest_seconds,
        )


@contextmanager
def counting(calls: int) -> Iterator[None]:
    """Add `calls`, made already, to the calls of a provider's error that leaves the block."""
    try:
        yield
    except ProviderError as error:
        error.calls += calls
        raise
