"""Tags say which lane a run belongs to, and for how long it may run."""

import pytest

from trend_platform.orchestration.launching.lanes import Lane, lane_of, lane_tags, max_runtime_seconds


@pytest.mark.parametrize("lane", Lane)
def test_a_lanes_tags_name_it(lane: Lane) -> None:
    assert lane_of(lane_tags(lane)) is lane
    assert max_runtime_seconds(lane_tags(lane)) == float(lane_tags(lane)["dagster/max_runtime"])


@pytest.mark.parametrize("tags", [{}, {"trend/lane": "weekly"}])
def test_other_runs_are_ordinary(tags: dict[str, str]) -> None:
    assert lane_of(tags) is None


def test_a_limit_that_is_no_number_leaves_the_lanes_own() -> None:
    assert max_runtime_seconds({"trend/lane": "hourly", "dagster/max_runtime": "soon"}) == 900


def test_a_dead_runs_lane_is_not_tried_again() -> None:
    assert lane_tags(Lane.MINUTE)["dagster/max_retries"] == "0"
