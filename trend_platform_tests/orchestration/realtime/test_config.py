from datetime import UTC, datetime

import pytest

from trend_platform.errors import UsageError
from trend_platform.orchestration.realtime.config import RefreshConfig


def test_an_empty_config_means_all_active_symbols() -> None:
    assert RefreshConfig().symbols == []
    assert RefreshConfig().since() is None


@pytest.mark.parametrize("text", ["2026-11-20T15:03:00Z", "2026-11-20T10:03:00-05:00"])
def test_a_time_comes_out_in_utc(text: str) -> None:
    assert RefreshConfig(traded_since=text).since() == datetime(2026, 11, 20, 15, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["an hour ago", "2026-11-20T15:03:00"])
def test_a_time_without_a_zone_is_refused_and_the_message_shows_one(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no time with a zone: write it like 2026-11-20T15:03:00Z"):
        RefreshConfig(traded_since=text).since()
