"""The time an answer tells of itself."""

from datetime import UTC, datetime

import pytest

from trend_platform.providers.told_at import told_at


def test_the_date_header_is_the_time_the_answer_was_made() -> None:
    assert told_at({"date": "Fri, 01 Nov 2019 03:12:15 GMT"}) == datetime(2019, 11, 1, 3, 12, 15, tzinfo=UTC)


def test_a_date_in_another_zone_is_the_same_instant() -> None:
    assert told_at({"date": "Fri, 01 Nov 2019 04:12:15 +0100"}) == datetime(2019, 11, 1, 3, 12, 15, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "yesterday"}, {"date": "1572577935"}])
def test_without_a_date_there_is_no_time(headers: dict[str, str]) -> None:
    assert told_at(headers) is None
