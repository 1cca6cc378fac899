"""The ports of what is measured, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock

from trend_platform.domain.scores import Score, ScoreKey
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.measures import Metric


@dataclass(slots=True)
class MemoryScores:
    """The scorecard."""

    _known: dict[ScoreKey, tuple[datetime, Score]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, seen: Mapping[ScoreKey, Score], now: datetime, half_life: timedelta) -> None:
        """Let what is known of each key fade until `now`, and add what was seen."""
        with self._lock:
            for key, score in seen.items():
                at, known = self._known.get(key, (now, Score()))
                self._known[key] = (max(at, now), known.faded(now - at, half_life) + score)

    def all(self, now: datetime, half_life: timedelta) -> Mapping[ScoreKey, Score]:
        """Return every score, faded until `now`."""
        with self._lock:
            return {key: score.faded(now - at, half_life) for key, (at, score) in sorted(self._known.items())}


@dataclass(slots=True)
class MemoryMetrics:
    """Measurements of the data's quality."""

    _metrics: list[Metric] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, metrics: Sequence[Metric]) -> None:
        """Store measurements; one of a day takes the place of an earlier one of the same kind, series and day."""
        given = {_day_of(one): one for one in metrics if one.day}
        with self._lock:
            kept = [one for one in self._metrics if one.day is None or _day_of(one) not in given]
            self._metrics = [*kept, *(one for one in metrics if one.day is None), *given.values()]

    def latest(self, metric: str, count: int) -> tuple[Metric, ...]:
        """Return the last measurements of one kind, newest first."""
        with self._lock:
            mine = sorted((one for one in self._metrics if one.metric == metric), key=lambda one: one.measured_at)
        return tuple(mine[: -count - 1 : -1])

    def of_days(
        self, metric: str, instrument_ids: Sequence[int], timeframe: Timeframe, first: date, last: date
    ) -> tuple[Metric, ...]:
        """Return the measurements of days, the last one included, by instrument and day."""
        with self._lock:
            mine = [one for one in self._metrics if one.day and one.metric == metric and one.timeframe is timeframe]
        found = [one for one in mine if one.instrument_id in instrument_ids and one.day and first <= one.day <= last]
        return tuple(sorted(found, key=lambda one: (one.instrument_id, one.day)))


def _day_of(one: Metric) -> tuple[str, int | None, Timeframe | None, date | None]:
    return one.metric, one.instrument_id, one.timeframe, one.day
