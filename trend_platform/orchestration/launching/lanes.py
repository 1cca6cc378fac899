"""The lanes: runs that come by the clock, must start at once, and never twice at a time.

What does not belong here: which jobs there are; a job joins a lane by the tags `lane_tags` returns.
"""

from collections.abc import Mapping
from enum import StrEnum

LANE_TAG = "trend/lane"
MAX_RUNTIME_TAG = "dagster/max_runtime"
MAX_RETRIES_TAG = "dagster/max_retries"


class Lane(StrEnum):
    """A lane, named by how often its runs come."""

    MINUTE = "minute"
    HOURLY = "hourly"


MAX_RUNTIME_SECONDS: Mapping[Lane, int] = {Lane.MINUTE: 120, Lane.HOURLY: 900}


def lane_tags(lane: Lane) -> dict[str, str]:
    """Return the tags of a job whose runs belong to a lane.

    A run that died is not started again: the next tick brings a fresher one.
    """
    return {LANE_TAG: lane.value, MAX_RUNTIME_TAG: str(MAX_RUNTIME_SECONDS[lane]), MAX_RETRIES_TAG: "0"}


def lane_of(tags: Mapping[str, str]) -> Lane | None:
    """Return the lane the tags of a run name, or `None` for an ordinary run."""
    name = tags.get(LANE_TAG)
    return Lane(name) if name in set(Lane) else None


def max_runtime_seconds(tags: Mapping[str, str]) -> float:
    """Return how long a lane's run may take: as its tags say, or the lane's own limit."""
    lane = lane_of(tags) or Lane.MINUTE
    try:
        return float(tags[MAX_RUNTIME_TAG])
    except (KeyError, ValueError):
        return float(MAX_RUNTIME_SECONDS[lane])
