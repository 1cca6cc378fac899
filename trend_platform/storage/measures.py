"""The storage ports of what is measured: how providers serve, and how good the data is that they gave.

As with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from trend_platform.domain.scores import Score, ScoreKey
from trend_platform.domain.timeframes import Timeframe


class ProviderScores(Protocol):
    """The scorecard of the providers; all processes add to the same one."""

    def add(self, seen: Mapping[ScoreKey, Score], now: datetime, half_life: timedelta) -> None:
        """Let what is known of each key fade until `now`, and add what was seen; keys that are not named stay as they are."""
        ...

    def all(self, now: datetime, half_life: timedelta) -> Mapping[ScoreKey, Score]:
        """Return every score, faded until `now`."""
        ...


@dataclass(frozen=True, slots=True)
class Metric:
    """One measurement of the data's quality.

    Attributes:
        measured_at: When.
        metric: What was measured, such as `reconciliation`.
        value: The number, by the metric's own meaning.
        instrument_id: Of which instrument; `None` if it is of none.
        timeframe: Of which of its series; `None` if it is of none.
        details: What else was found, as plain JSON values.
        day: The day of the series it is about; `None` if it is about no single one. Of a day the last measurement is kept.
    """

    measured_at: datetime
    metric: str
    value: float
    instrument_id: int | None = None
    timeframe: Timeframe | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    day: date | None = None


class QualityMetrics(Protocol):
    """Measurements of the data's quality, kept for good."""

    def add(self, metrics: Sequence[Metric]) -> None:
        """Store measurements; one of a day takes the place of an earlier one of the same kind, series and day."""
        ...

    def latest(self, metric: str, count: int) -> tuple[Metric, ...]:
        """Return the last measurements of one kind, newest first."""
        ...

    def of_days(
        self, metric: str, instrument_ids: Sequence[int], timeframe: Timeframe, first: date, last: date
    ) -> tuple[Metric, ...]:
        """Return the measurements of days, the last one included, by instrument and day."""
        ...
