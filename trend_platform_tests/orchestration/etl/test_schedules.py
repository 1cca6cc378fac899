"""Ticks of the schedules on trading days, holidays, half days, weekends, and across daylight saving time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from trend_platform.orchestration.etl.schedules import (
    daily_history_schedule,
    maintenance_schedule,
    weekly_history_schedule,
)

NEW_YORK = ZoneInfo("America/New_York")


def tick(schedule: dg.ScheduleDefinition, at: datetime) -> dg.RunRequest | str:
    data = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=at))
    if data.run_requests:
        (request,) = data.run_requests
        return request
    return str(data.skip_message)


def new_york(year: int, month: int, day: int, hour: int = 16, minute: int = 30) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK)


def test_a_trading_day_launches_one_run_for_the_daily_ranges() -> None:
    request = tick(daily_history_schedule, new_york(2026, 11, 25))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "daily_history:2026-11-25"
    assert request.tags["dagster/asset_partition_range_start"] == "7D"
    assert request.tags["dagster/asset_partition_range_end"] == "1Y"
    assert request.partition_key is None


def test_thanksgiving_is_a_skip_that_names_it_and_the_next_session() -> None:
    reason = tick(daily_history_schedule, new_york(2026, 11, 26))
    assert reason == ("the NYSE is closed on Thursday 2026-11-26: Thanksgiving; the next session is Friday 2026-11-27")


@pytest.mark.parametrize(
    ("day", "name", "next_session"),
    [
        ((2026, 7, 3), "July 4", "2026-07-06"),
        ((2025, 1, 9), "unscheduled", "2025-01-10"),
        ((2026, 4, 3), "Good Friday", "2026-04-06"),
    ],
)
def test_other_closures_are_named_too(day: tuple[int, int, int], name: str, next_session: str) -> None:
    reason = tick(daily_history_schedule, new_york(*day))
    assert isinstance(reason, str)
    assert name in reason
    assert reason.endswith(next_session)


def test_a_half_day_is_a_trading_day() -> None:
    assert isinstance(tick(daily_history_schedule, new_york(2026, 11, 27)), dg.RunRequest)


def test_a_weekend_is_a_skip() -> None:
    reason = tick(daily_history_schedule, new_york(2026, 11, 28))
    assert reason == ("the NYSE is closed on Saturday 2026-11-28: the weekend; the next session is Monday 2026-11-30")


def test_the_day_is_new_yorks_even_where_utc_is_already_further() -> None:
    request = tick(daily_history_schedule, datetime(2026, 11, 26, 2, 0, tzinfo=UTC))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "daily_history:2026-11-25"


def test_the_long_ranges_come_on_sunday_in_one_run() -> None:
    request = tick(weekly_history_schedule, new_york(2026, 11, 22, 2, 0))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "weekly_history:2026-11-22"
    assert request.tags["dagster/asset_partition_range_start"] == "3Y"
    assert request.tags["dagster/asset_partition_range_end"] == "MAX"


@pytest.mark.parametrize("schedule", [daily_history_schedule, weekly_history_schedule, maintenance_schedule])
def test_schedules_run_without_being_switched_on(schedule: dg.ScheduleDefinition) -> None:
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.execution_timezone == "America/New_York"


def test_cron_strings_are_those_of_the_house() -> None:
    assert daily_history_schedule.cron_schedule == "30 16 * * 1-5"
    assert weekly_history_schedule.cron_schedule == "0 2 * * 0"
    assert maintenance_schedule.cron_schedule == "0 2 * * *"


@pytest.mark.parametrize("day", [21, 26])
def test_the_house_is_swept_every_night_whether_anybody_trades_or_not(day: int) -> None:
    request = tick(maintenance_schedule, new_york(2026, 11, day, 2, 0))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"maintenance:2026-11-{day}"
