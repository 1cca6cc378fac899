"""`Retry-After` and its traps, and what is worth another attempt."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.errors import AuthFailed, QuotaExhausted, RateLimited, Transient
from trend_platform.providers.retrying import is_worth_retrying, retry_after_seconds, with_retry_after

NOW = datetime(2026, 3, 8, 6, 59, 30, tzinfo=UTC)


@given(st.text())
def test_a_hint_is_a_positive_number_or_none(text: str) -> None:
    seconds = retry_after_seconds({"retry-after": text}, NOW)
    assert seconds is None or (math.isfinite(seconds) and seconds > 0)


@given(st.integers(1, 10**6))
def test_a_date_and_a_number_mean_the_same(seconds: int) -> None:
    stamp = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_seconds({"retry-after": stamp}, NOW) == retry_after_seconds({"retry-after": str(seconds)}, NOW)


@pytest.mark.parametrize("text", ["0", "0.0", "-1", "nan", "inf", "-inf", "Sun, 08 Mar 2026 06:59:30 GMT", "soon", ""])
def test_what_asks_for_no_wait_is_no_hint(text: str) -> None:
    assert retry_after_seconds({"retry-after": text}, NOW) is None


def test_an_absent_header_is_no_hint() -> None:
    assert retry_after_seconds({}, NOW) is None


def test_a_date_without_a_zone_is_utc() -> None:
    assert retry_after_seconds({"retry-after": "Sun, 08 Mar 2026 07:00:00 -0000"}, NOW) == 30


def test_what_the_classing_said_is_not_overwritten_by_the_header() -> None:
    error = with_retry_after(RateLimited("p", "busy", 5), {"retry-after": "50"}, NOW)
    assert error.retry_after_seconds == 5


def test_an_hour_is_a_used_up_quota_and_the_name_stands_once_in_its_message() -> None:
    error = with_retry_after(RateLimited("p", "busy"), {"retry-after": "3600"}, NOW)
    assert isinstance(error, QuotaExhausted)
    assert str(error) == "p: busy (asked to wait 3600 s)"


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (RateLimited("p", "m"), True),
        (Transient("p", "m", 60), True),
        (Transient("p", "m", 61), False),
        (QuotaExhausted("p", "m", 1), False),
        (AuthFailed("p", "m"), False),
        (ValueError(), False),
    ],
)
def test_only_what_may_pass_in_time_is_worth_another_attempt(error: Exception, worth: bool) -> None:
    assert is_worth_retrying(error, 60) is worth
