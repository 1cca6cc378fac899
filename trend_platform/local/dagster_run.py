"""One Dagster run from here: launched over the webserver, watched to its end.

A partitioned job is launched as a single run over a stretch of partitions, as its backfill policy allows.
What does not belong here: what the job does.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trend_platform.errors import UnavailableError
from trend_platform.local.dagster_api import DagsterApi, Json, node, nodes

FINISHED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
_POLL_SECONDS = 0.5
_REPOSITORY = "__repository__"  # the one repository of a location made from Definitions

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on PresetNotFoundError { message }
    ... on PipelineNotFoundError { message }
    ... on UnauthorizedError { message }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on RunConflict { message }
    ... on NoModeProvidedError { message }
  }
}
"""
_WATCH = """
query Watch($runId: ID!, $cursor: String) {
  runOrError(runId: $runId) { ... on Run { status stats { ... on RunStatsSnapshot { materializations } } } }
  logsForRun(runId: $runId, afterCursor: $cursor, limit: 200) {
    ... on EventConnection { cursor hasMore events {
      __typename
      ... on MessageEvent { message eventType }
      ... on ExecutionStepFailureEvent { error { message errorChain { error { message } } } }
      ... on RunFailureEvent { error { message } }
    } }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """What to run.

    Attributes:
        job: Name of the job.
        location: Code location that holds it.
        first_partition: First partition of the stretch, in partition order; `None` for a job without partitions.
        last_partition: Last partition of the stretch.
        config: Run config.
        tags: Tags of the run besides those of the stretch.
    """

    job: str
    location: str = "etl"
    first_partition: str | None = None
    last_partition: str | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        status: Dagster's word, such as `QUEUED` or `STARTED`.
        materializations: Asset partitions recorded so far.
        message: The newest event's message.
    """

    status: str
    materializations: int
    message: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        run_id: Dagster's id.
        status: `SUCCESS`, `FAILURE` or `CANCELED`.
        url: The run's page.
        fault: The first error's message; empty for a success.
    """

    run_id: str
    status: str
    url: str
    fault: str


def launch(api: DagsterApi, what: Launch) -> str:
    """Launch a run and return its id; the daemon takes it from the queue.

    Raises:
        UnavailableError: The webserver does not answer, or refuses the run; the message says why.
    """
    tags = dict(what.tags)
    if what.first_partition is not None:
        tags["dagster/asset_partition_range_start"] = what.first_partition
        tags["dagster/asset_partition_range_end"] = what.last_partition or what.first_partition
    selector = {"repositoryLocationName": what.location, "repositoryName": _REPOSITORY, "jobName": what.job}
    params = {
        "selector": selector,
        "mode": "default",
        "runConfigData": dict(what.config),
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }
    answer = node(api.ask(_LAUNCH, {"params": params}, timeout_seconds=60), "launchRun")
    run_id = node(answer, "run").get("runId")
    if isinstance(run_id, str):
        return run_id
    words = [str(error.get("message")) for error in nodes(answer, "errors")] or [str(answer.get("message"))]
    raise UnavailableError(f"Dagster refused to launch {what.job} ({answer.get('__typename')}): {'; '.join(words)}")


def watch(api: DagsterApi, run_id: str, on_progress: Callable[[Progress], None], limit_seconds: float) -> RunResult:
    """Follow a run to its end; giving up or Ctrl-C leaves the run alone.

    Args:
        api: The webserver that knows the run.
        run_id: Which one.
        on_progress: Told at each look.
        limit_seconds: How long to look on.

    Raises:
        UnavailableError: The webserver does not answer, or the run did not end within the limit.
    """
    give_up = time.monotonic() + limit_seconds
    cursor: str | None = None
    faults: list[str] = []
    message = ""
    while True:
        answer = api.ask(_WATCH, {"runId": run_id, "cursor": cursor})
        events = nodes(answer, "logsForRun", "events")
        cursor = _text(node(answer, "logsForRun").get("cursor")) or cursor
        faults += [fault for fault in map(_fault, events) if fault]
        message = next((_text(event.get("message")) for event in reversed(events) if event.get("message")), message)
        progress = _progress(answer, message)
        on_progress(progress)
        has_more = node(answer, "logsForRun").get("hasMore")
        if progress.status in FINISHED and not has_more:
            fault = (faults or [message])[0] if progress.status != "SUCCESS" else ""
            return RunResult(run_id, progress.status, run_page(api, run_id), fault)
        if time.monotonic() > give_up:
            page = run_page(api, run_id)
            raise UnavailableError(
                f"run {run_id} is still {progress.status} after {limit_seconds:.0f} s; it goes on: {page}"
            )
        if not has_more:
            time.sleep(_POLL_SECONDS)


def run_page(api: DagsterApi, run_id: str) -> str:
    """Return the URL of a run's page."""
    return f"{api.url}/runs/{run_id}"


def _progress(answer: Json, message: str) -> Progress:
    run = node(answer, "runOrError")
    count = node(run, "stats").get("materializations")
    return Progress(_text(run.get("status")) or "UNKNOWN", count if isinstance(count, int) else 0, message)


def _fault(event: Json) -> str:
    # The outermost error only says which op failed; the last of the chain says why.
    causes = [_text(node(link, "error").get("message")) for link in nodes(event, "error", "errorChain")]
    return next((cause for cause in reversed(causes) if cause), _text(node(event, "error").get("message")))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
