"""What a sensor remembers between ticks: the last slot it served, when it last looked, and whom it knows.

Text in, text out: Dagster keeps it as the sensor's cursor, and copies it into each tick, so it stays short.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

_NEVER = "-"


@dataclass(frozen=True, slots=True)
class Memory:
    """A sensor's memory.

    Attributes:
        served: The last slot that was served, or found closed; `None` before the first.
        looked: The minute in which the database was last asked who is active.
        known: Numbers of the instruments that were active then.
    """

    served: datetime | None = None
    looked: datetime | None = None
    known: frozenset[int] = frozenset()

    def __str__(self) -> str:
        """Return the memory as a cursor, such as `2026-11-20T15:00Z 2026-11-20T15:03Z 1-505,600`."""
        return f"{stamp(self.served)} {stamp(self.looked)} {','.join(_spans(sorted(self.known))) or _NEVER}"

    @classmethod
    def of(cls, cursor: str | None) -> "Memory":
        """Return the memory a cursor holds; one that cannot be read is none, and everything is refreshed once."""
        try:
            served, looked, known = (cursor or "").split(" ")
            return cls(_instant(served), _instant(looked), frozenset(_numbers(known)))
        except ValueError:
            return cls()


def stamp(instant: datetime | None) -> str:
    """Return an instant to the minute, such as `2026-11-20T15:03Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if instant else _NEVER


def _instant(text: str) -> datetime | None:
    return None if text == _NEVER else datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def _spans(numbers: list[int]) -> Iterator[str]:
    breaks = [at for at, (one, other) in enumerate(pairwise(numbers), start=1) if other != one + 1]
    for first, end in pairwise([0, *breaks, len(numbers)] if numbers else []):
        low, high = numbers[first], numbers[end - 1]
        yield str(low) if low == high else f"{low}-{high}"


def _numbers(text: str) -> Iterable[int]:
    for span in () if text == _NEVER else text.split(","):
        low, _, high = span.partition("-")
        yield from range(int(low), int(high or low) + 1)
