"""Which jobs have failed and not succeeded since: Dagster's own record of runs, read forward from where the last look ended.

A failed run that Dagster starts again by itself is no failure yet. What is done about one belongs to `watch`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterEventType

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
_WILL_RETRY = "dagster/will_retry"
_AD_HOC = "__ASSET_JOB"
_AT_ONCE = 500
_LONGEST_MESSAGE = 300

# A run that ended may be written a moment after a later one; what is read twice changes nothing.
_OVERLAP = timedelta(seconds=30)
_FIRST_LOOK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job's last run ended.

    Attributes:
        ended_at: When, in seconds since the Unix epoch.
        message: What went wrong; empty if nothing did.
    """

    ended_at: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class FailedRuns:
    """What is known of the runs up to an instant.

    Attributes:
        until: Runs that ended before it were looked at; `None` before the first look.
        failing: Jobs whose last run failed, by name.
    """

    until: datetime | None = None
    failing: Mapping[str, JobState] = field(default_factory=dict)

    def summaries(self) -> Mapping[str, str]:
        """Return one sentence for each failing job."""
        return {
            job: f"the last run of {_spoken(job)} failed at {_instant(state.ended_at)}: {state.message}"
            for job, state in self.failing.items()
        }


def look_on(instance: dg.DagsterInstance, known: FailedRuns, now: datetime) -> FailedRuns:
    """Return what is known at `now`, having read the runs that ended since the last look; one query if none failed."""
    since = known.until - _OVERLAP if known.until else now - _FIRST_LOOK
    records = instance.get_run_records(
        dg.RunsFilter(statuses=_ENDED, updated_after=since), limit=_AT_ONCE, order_by="update_timestamp", ascending=True
    )
    failing = dict(known.failing)
    for record in sorted(records, key=lambda one: one.end_time or 0.0):
        run, ended_at = record.dagster_run, record.end_time or 0.0
        if run.tags.get(_WILL_RETRY) == "true" or (
            run.job_name in failing and failing[run.job_name].ended_at >= ended_at
        ):
            continue
        if run.status is dg.DagsterRunStatus.SUCCESS:
            failing.pop(run.job_name, None)
        else:
            failing[run.job_name] = JobState(ended_at, _message(instance, run.run_id))
    read_to = records[-1].update_timestamp.replace(tzinfo=UTC) if len(records) == _AT_ONCE else now
    return FailedRuns(read_to, failing)


def _message(instance: dg.DagsterInstance, run_id: str) -> str:
    events = instance.all_logs(run_id, of_type={DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE})
    words = next((word for word in _words(events) if word), "no reason is recorded")
    return f"{' '.join(words.split())[:_LONGEST_MESSAGE]} (run {run_id[:8]})"


def _words(events: Sequence[dg.EventLogEntry]) -> Iterator[str]:
    for entry in events:
        event = entry.dagster_event
        if event is None:
            continue
        if event.is_step_failure:
            data = event.step_failure_data
            said = data.user_failure_data.description if data.user_failure_data else None
            yield said or (data.error.message if data.error else "")
        yield event.message or ""


def _spoken(job: str) -> str:
    return "assets materialized by hand" if job == _AD_HOC else job


def _instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
