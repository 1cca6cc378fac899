"""One look at everything that can be wrong, and who is told: what the alert sensor does each minute.

Found here are failed runs, failed ticks and silent daemons; the market's own troubles are found by `ingest`, which also keeps the
incidents and tells people. The freshness checks are reported when they turn: a loop that stands still reports none itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
import orjson

from trend_platform.ingest.alerts import Reviewed, Trouble, market_troubles, review
from trend_platform.orchestration.realtime.failed_runs import FailedRuns, JobState, look_on
from trend_platform.orchestration.realtime.machinery import machinery_troubles
from trend_platform.orchestration.realtime.verdicts import Verdict, as_event, verdicts
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import some


@dataclass(frozen=True, slots=True)
class Watched:
    """What the last look found.

    Attributes:
        runs: Failing jobs, and how far the record of runs was read.
        suspects: Troubles of Dagster's own machinery; one counts when it is seen twice in a row, since daemons take a moment
            to start and a tick may fail while a service restarts.
        stale: Checks that were reported as failed.
    """

    runs: FailedRuns = field(default_factory=FailedRuns)
    suspects: frozenset[str] = field(default_factory=frozenset)
    stale: frozenset[str] = field(default_factory=frozenset)

    def as_cursor(self) -> str:
        """Return it as the sensor's cursor."""
        document = {
            "until": self.runs.until,
            "failing": {job: [state.ended_at, state.message] for job, state in self.runs.failing.items()},
            "suspects": sorted(self.suspects),
            "stale": sorted(self.stale),
        }
        return orjson.dumps(document).decode()

    @classmethod
    def of(cls, cursor: str | None) -> "Watched":
        """Return what a cursor holds; one that cannot be read is none, and an hour of runs is read again."""
        try:
            document = orjson.loads(cursor or "{}")
            until = datetime.fromisoformat(document["until"]).astimezone(UTC)
            failing = {job: JobState(float(at), str(message)) for job, (at, message) in document["failing"].items()}
            return cls(FailedRuns(until, failing), frozenset(document["suspects"]), frozenset(document["stale"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()


def watch(instance: dg.DagsterInstance, workshops: WorkshopSource, cursor: str | None) -> dg.SensorResult:
    """Look, review the incidents, tell people; return a skip that says what came of it, and checks that turned.

    Raises:
        UnavailableError: The database went away; nothing is forgotten, the next look does it all.
    """
    before, now = Watched.of(cursor), workshops.clock.now()
    runs = look_on(instance, before.runs, now)
    machinery = tuple(machinery_troubles(instance, now))
    quiet = timedelta(seconds=workshops.settings().alerts.quiet_seconds)
    with workshops.open() as workshop:
        found = verdicts(workshop)
        troubles = [
            *(Trouble(f"run_failed:{job}", summary) for job, summary in runs.summaries().items()),
            *(one for one in machinery if one.key in before.suspects),
            *market_troubles(workshop),
        ]
        reviewed = review(workshop, troubles, workshops.messenger(), quiet)
    stale = frozenset(one.check for one in found if one.stale)
    after = Watched(runs, frozenset(one.key for one in machinery), stale)
    return dg.SensorResult(
        skip_reason=in_words(reviewed), cursor=after.as_cursor(), asset_events=_turned(found, before.stale ^ stale)
    )


def in_words(reviewed: Reviewed) -> str:
    """Return what a review did in one sentence."""
    parts = [
        _named("new", (one.key for one in reviewed.opened)),
        _named("going on", (one.key for one in reviewed.ongoing)),
        _named("over", (one.key for one in reviewed.closed)),
        _named("told to nobody yet", (one.key for one in reviewed.undelivered)),
        _named("channels that failed", reviewed.failed_channels),
    ]
    return "; ".join(part for part in parts if part) or "nothing is wrong"


def _turned(found: Sequence[Verdict], turned: frozenset[str]) -> list[dg.AssetCheckEvaluation]:
    return [as_event(one) for one in found if one.check in turned]


def _named(what: str, names: Iterable[str]) -> str:
    listed = list(names)
    return f"{what}: {some(listed)}" if listed else ""
