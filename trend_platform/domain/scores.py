"""What was seen of a provider lately, as sums that fade: how often it failed, how fast it answered, what it left out.

Pure. Old observations lose half of their weight in each half-life; rates are quotients of faded sums, and latencies come
from a histogram whose buckets grow by a quarter each, so that a percentile is within an eighth of the truth.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass

BUCKETS: Final = 60
"""Buckets of the histogram: bucket `n` holds latencies up to `1 ms x 1.25 ** n`; the last one holds all above 8 minutes."""

_FIRST_SECONDS, _GROWTH = 0.001, 1.25
# So many good observations are taken for granted, so that one bad one does not damn whom nobody knows yet.
_BENEFIT: Final = 5.0


class ScoreKey(NamedTuple):
    """What a score is of."""

    provider: str
    capability: Capability
    asset_class: AssetClass


@dataclass(frozen=True, slots=True)
class Score:
    """Faded sums of what was seen of one provider in one capability and asset class.

    Attributes:
        asked: Questions.
        failed: Questions that were not answered for good, or not to their end.
        attempts: Attempts on the wire, retries included.
        limited: Attempts refused for asking too often.
        expected: Candles that answers should have held by the calendar.
        missing: Of these, the ones that were not there and have no explanation.
        quoted: Latest prices received.
        stale: Of these, the ones too old for an open market.
        compared: Series compared with another provider's.
        disagreed: Of these, the ones that did not agree.
        latencies: Answers by how long they took; `BUCKETS` counts.
        last_error: The last failure, in words; empty if there was none.
        failed_at: When that was.
        served_at: When a question was last answered.
    """

    asked: float = 0.0
    failed: float = 0.0
    attempts: float = 0.0
    limited: float = 0.0
    expected: float = 0.0
    missing: float = 0.0
    quoted: float = 0.0
    stale: float = 0.0
    compared: float = 0.0
    disagreed: float = 0.0
    latencies: tuple[float, ...] = (0.0,) * BUCKETS
    last_error: str = ""
    failed_at: datetime | None = None
    served_at: datetime | None = None

    def __add__(self, later: "Score") -> "Score":
        sums = {name: getattr(self, name) + getattr(later, name) for name in SUMS}
        latencies = tuple(a + b for a, b in zip(self.latencies, later.latencies, strict=True))
        newest = later if _newer(later.failed_at, self.failed_at) else self
        served = later.served_at if _newer(later.served_at, self.served_at) else self.served_at
        return Score(
            **sums,
            latencies=latencies,
            last_error=newest.last_error,
            failed_at=newest.failed_at,
            served_at=served,
        )

    def faded(self, passed: timedelta, half_life: timedelta) -> "Score":
        """Return what is left of it after some time; a clock that went back fades nothing."""
        keeps = math.pow(0.5, max(0.0, passed / half_life))
        sums = {name: getattr(self, name) * keeps for name in SUMS}
        return replace(self, **sums, latencies=tuple(count * keeps for count in self.latencies))

    @property
    def success_rate(self) -> float | None:
        """Return the share of questions that were answered, `None` where none was asked."""
        failures = _share(self.failed, self.asked)
        return None if failures is None else 1.0 - failures

    @property
    def limited_rate(self) -> float | None:
        """Return the share of attempts that were refused for asking too often."""
        return _share(self.limited, self.attempts)

    @property
    def missing_rate(self) -> float | None:
        """Return the share of expected candles that were left out without an explanation."""
        return _share(self.missing, self.expected)

    @property
    def stale_rate(self) -> float | None:
        """Return the share of latest prices that were too old for an open market."""
        return _share(self.stale, self.quoted)

    @property
    def disagreement(self) -> float | None:
        """Return the share of compared series that another provider tells otherwise."""
        return _share(self.disagreed, self.compared)

    def latency(self, share: float) -> float | None:
        """Return the seconds within which that share of the answers came, `None` where none was seen."""
        total = sum(self.latencies)
        if total <= 0:
            return None
        left = share * total
        for bucket, count in enumerate(self.latencies):
            left -= count
            if left <= 1e-12:
                return _FIRST_SECONDS * math.pow(_GROWTH, bucket - 0.5)
        return _FIRST_SECONDS * math.pow(_GROWTH, BUCKETS)

    @property
    def mark(self) -> float:
        """Return how well it serves, from 0 to 1: the product of the shares that went well.

        A few good observations are taken for granted, so whoever is unknown is taken to be good. Latency counts only where
        it is seconds: half of the mark is lost at ten.
        """
        shares = (
            _kept(self.failed, self.asked),
            _kept(self.missing, self.expected),
            _kept(self.stale, self.quoted),
            _kept(self.disagreed, self.compared),
        )
        return math.prod(shares) / (1.0 + (self.latency(0.5) or 0.0) / 10.0)


SUMS: Final = tuple(field.name for field in fields(Score) if field.default == 0.0)
"""The names of the sums, in their order; all fade alike."""


def latency_counts(seconds: Sequence[float]) -> tuple[float, ...]:
    """Return the histogram of some latencies, in seconds."""
    counts = [0.0] * BUCKETS
    for one in seconds:
        above = math.log(max(one, _FIRST_SECONDS) / _FIRST_SECONDS, _GROWTH)
        counts[min(BUCKETS - 1, math.ceil(above - 1e-9))] += 1.0
    return tuple(counts)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 1e-9 else None


def _kept(lost: float, whole: float) -> float:
    return 1.0 - lost / (whole + _BENEFIT)


def _newer(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one >= other)
