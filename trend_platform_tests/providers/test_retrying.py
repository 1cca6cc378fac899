"""`Retry-After` and its traps, and what is worth another attempt."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenacity import RetryCallState

from trend_platform.errors import AuthFailed, QuotaExhausted, RateLimited, Transient
from trend_platform.providers.retrying import (
    Backoff,
    is_worth_retrying,
    rest_seconds,
    retry_after_seconds,
    with_another_credential,
    with_retry_after,
)

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


@pytest.mark.parametrize(
    ("outcome", "headers", "alone", "among_several"),
    [
        (RateLimited("p", "busy", 30), {}, 30, 30),
        (RateLimited("p", "busy"), {}, None, 60),
        (QuotaExhausted("p", "used up", 7200), {"retry-after": "7200"}, 7200, 7200),
        (QuotaExhausted("p", "that endpoint is used up", 7200), {}, None, 7200),
        (Transient("p", "down", 5), {"retry-after": "5"}, None, None),
        (AuthFailed("p", "no"), {}, None, None),
        ("an answer", {}, None, None),
    ],
)
def test_a_refusal_asks_for_a_rest(
    outcome: object, headers: dict[str, str], alone: float | None, among_several: float | None
) -> None:
    assert rest_seconds(outcome, headers, are_several=False) == alone
    assert rest_seconds(outcome, headers, are_several=True) == among_several


def test_one_credential_refused_is_worth_another_attempt_at_once() -> None:
    for refusal in (RateLimited("p", "busy", 300), QuotaExhausted("p", "used up", 86_400)):
        error = with_another_credential(refusal)
        assert isinstance(error, RateLimited)
        assert str(error).endswith("(one credential of several)")
        assert is_worth_retrying(error, max_wait_seconds=0)
        assert _wait_after(error) == 0
    assert with_another_credential("an answer") == "an answer"


def test_a_provider_that_says_nothing_is_given_time() -> None:
    assert _wait_after(RateLimited("p", "busy")) == 0.5


def _wait_after(error: Exception) -> float:
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # only the outcome is looked at
    state.set_exception((type(error), error, None))  # type: ignore[arg-type]
    return Backoff(1.0, 60.0, lambda: 0.5)(state)


def waited(backoff: Backoff, *, attempt: int) -> float:
    state = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type]
    state.attempt_number = attempt
    return backoff(state)


@given(st.integers(1, 12), st.floats(0.01, 5), st.floats(0, 3), st.floats(0, 0.999))
def test_a_jitter_that_was_asked_for_lies_on_top_of_a_bound_that_doubles(
    attempt: int, first: float, jitter: float, drawn: float
) -> None:
    bound = min(60.0, first * 2 ** (attempt - 1))
    seconds = waited(Backoff(first, 60.0, lambda: drawn, jitter), attempt=attempt)
    assert seconds == pytest.approx(bound + drawn * jitter)
    assert waited(Backoff(first, 60.0, lambda: drawn), attempt=attempt) == pytest.approx(drawn * bound)


def test_without_any_jitter_each_wait_is_what_was_said() -> None:
    assert [waited(Backoff(0.5, 3.0, lambda: 0.7, 0.0), attempt=at) for at in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 3.0]
