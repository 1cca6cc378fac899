"""The outcome of a refresh of economic series: what was due, what came and changed, what is missing and why.

Every series that was asked for is stored or missing, and every row that came is new, changed or unchanged;
`EconomyOutcome.adds_up` says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from trend_platform.ingest.outcome import Failure


@dataclass(frozen=True, slots=True)
class SeriesStored:
    """What became of one series.

    Attributes:
        series: Its id.
        provider: Whose values it holds.
        received: Rows that came; the next three add up to them. 0 where a lesser source was looked at not long ago.
        inserted: Rows that are new: of a new period, or a revision of a known one.
        changed: Rows that say something else now, mostly that their value is no longer believed.
        unchanged: Rows that say what was stored; nothing was written for them.
        newest_observation: First day of the newest period.
        newest_vintage: Day of the newest vintage.
        next_look: When it is looked at next.
    """

    series: str
    provider: str
    received: int
    inserted: int
    changed: int
    unchanged: int
    newest_observation: date | None
    newest_vintage: date | None
    next_look: datetime


@dataclass(frozen=True, slots=True)
class EconomyOutcome:
    """What a refresh did.

    Attributes:
        asked: Series that were due.
        waiting: Per series that was not, when it is looked at next.
        stored: What became of each series that was served.
        missing: Per series nobody served, why.
        failures: Sources that did not serve a series, each with who served it instead.
        calls: Calls made, by source.
        seconds: How long it took, in seconds.
    """

    asked: tuple[str, ...]
    waiting: Mapping[str, datetime] = field(default_factory=dict)
    stored: tuple[SeriesStored, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether every series and every row is accounted for."""
        rows = all(one.received == one.inserted + one.changed + one.unchanged for one in self.stored)
        return rows and sorted(self.asked) == sorted([*(one.series for one in self.stored), *self.missing])

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values, for `--json`, records and Dagster."""
        return {
            "asked": list(self.asked),
            "waiting": {series: at.isoformat() for series, at in self.waiting.items()},
            "stored": [_plain(one) for one in self.stored],
            "missing": dict(self.missing),
            "failures": [asdict(failure) for failure in self.failures],
            "calls": dict(self.calls),
            "seconds": round(self.seconds, 3),
        }


def _plain(one: SeriesStored) -> dict[str, object]:
    days = {name: value.isoformat() for name, value in asdict(one).items() if isinstance(value, date)}
    return {**asdict(one), **days}
