"""Half-open spans of time and their algebra: union, intersection, difference.

An interval is `[start, end)` in UTC. A span set keeps intervals sorted, disjoint and never touching.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from trend_platform.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The half-open span `[start, end)`.

    Attributes:
        start: First instant inside, aware, UTC.
        end: First instant after it, aware, UTC; never before `start`.

    Raises:
        UsageError: A bound is naive, or `end` lies before `start`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise UsageError(f"an interval needs aware bounds, found {self.start!r} and {self.end!r}")
        if self.end < self.start:
            raise UsageError(f"an interval must not end ({self.end}) before it starts ({self.start})")

    def __bool__(self) -> bool:
        return self.end > self.start

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def __str__(self) -> str:
        return f"[{_brief(self.start)}, {_brief(self.end)})"

    def __and__(self, other: Interval) -> Interval:
        start = max(self.start, other.start)
        return Interval(start, max(start, min(self.end, other.end)))

    @property
    def length(self) -> timedelta:
        """Return how long the span is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Spans:
    """A set of instants as sorted, disjoint, non-touching intervals.

    Build it with `Spans.of`; the constructor trusts its argument.
    """

    intervals: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> Spans:
        """Return the union of `intervals`, which may overlap, touch, be empty and come in any order."""
        merged: list[Interval] = []
        for interval in sorted(interval for interval in intervals if interval):
            if merged and interval.start <= merged[-1].end:
                merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
            else:
                merged.append(interval)
        return cls(tuple(merged))

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def __len__(self) -> int:
        return len(self.intervals)

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __contains__(self, instant: datetime) -> bool:
        index = bisect_right(self.intervals, instant, key=lambda interval: interval.start) - 1
        return index >= 0 and instant < self.intervals[index].end

    def __or__(self, other: Spans) -> Spans:
        return Spans.of((*self.intervals, *other.intervals))

    def __and__(self, other: Spans) -> Spans:
        shared: list[Interval] = []
        mine, theirs = _first_beyond(self, other), _first_beyond(other, self)
        while mine < len(self.intervals) and theirs < len(other.intervals):
            one, two = self.intervals[mine], other.intervals[theirs]
            if both := one & two:
                shared.append(both)
            if one.end < two.end:
                mine += 1
            else:
                theirs += 1
        return Spans(tuple(shared))

    def __sub__(self, other: Spans) -> Spans:
        hull = self.hull
        return self & other._complement(hull) if hull else self

    @property
    def hull(self) -> Interval | None:
        """Return the smallest interval around all of them, `None` if there is none."""
        return Interval(self.intervals[0].start, self.intervals[-1].end) if self.intervals else None

    def _complement(self, within: Interval) -> Spans:
        # What of `within` is not in here.
        inside = (self & Spans((within,))).intervals
        edges = [within.start, *(edge for each in inside for edge in (each.start, each.end)), within.end]
        return Spans(tuple(Interval(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b))


def _first_beyond(spans: Spans, other: Spans) -> int:
    # Where the first of `spans` that can meet `other` stands: one gap is held against thousands of spans.
    if not other.intervals:
        return 0
    return bisect_right(spans.intervals, other.intervals[0].start, key=lambda interval: interval.end)


def midnight(day: date) -> datetime:
    """Return the midnight UTC with which `day` begins: the stamp of a daily candle."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days(first: date, last: date) -> Interval:
    """Return the interval of whole UTC days from `first` to `last`, both included."""
    return Interval(midnight(first), midnight(last) + timedelta(days=1))


def _brief(instant: datetime) -> str:
    instant = instant.astimezone(UTC)
    return instant.strftime("%Y-%m-%d" if instant.time() == instant.min.time() else "%Y-%m-%dT%H:%M:%SZ")
