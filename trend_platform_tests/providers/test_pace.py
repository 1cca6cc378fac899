"""Rates by the minute, spread over seconds; allowances of a day."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from trend_platform.providers.base import Quota
from trend_platform.providers.pace import by_the_second, seconds_to_midnight

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(("rate", "quota"), [(480, Quota(8, 1)), (60, Quota(1, 1)), (15, Quota(1, 4))])
def test_a_rate_is_never_spent_in_one_go(rate: float, quota: Quota) -> None:
    assert by_the_second(rate) == quota


@pytest.mark.parametrize(
    ("now", "zone", "hours"),
    [
        (datetime(2026, 11, 19, 20, tzinfo=UTC), UTC, 4.0),
        (datetime(2026, 11, 19, 20, tzinfo=UTC), NEW_YORK, 9.0),
        (datetime(2026, 11, 20, 5, tzinfo=UTC), NEW_YORK, 24.0),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), NEW_YORK, 25.0),  # clocks are set back
    ],
)
def test_the_day_of_an_allowance_ends_at_the_midnight_of_its_zone(now: datetime, zone: tzinfo, hours: float) -> None:
    assert seconds_to_midnight(now, zone) == hours * 3600
