"""Polygon's answers, classed from status and body."""

from datetime import UTC, datetime

import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
    WaitError,
)
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.polygon.classing import classifier

# 18:00 in New York, where the clocks are set forward that night.
CLOCK = ManualClock(datetime(2026, 3, 7, 23, tzinfo=UTC))
NOT_AUTHORIZED = "NOT_AUTHORIZED"


def _class(http_status: int, **document: object) -> ProviderError | None:
    return classifier(CLOCK)(HttpAnswer(http_status, {}, orjson.dumps(document)))


@pytest.mark.parametrize("status", ["OK", "DELAYED", "success", None])
def test_success_has_several_words_and_sometimes_none(status: str | None) -> None:
    assert _class(200, status=status, results=[]) is None


@pytest.mark.parametrize(
    ("http_status", "status", "said", "expected"),
    [
        (401, "ERROR", "Unknown API Key", AuthFailed),
        (200, "ERROR", "Unknown API Key", AuthFailed),
        (403, NOT_AUTHORIZED, "You are not entitled to this data. Please upgrade your plan", NotEntitled),
        (403, NOT_AUTHORIZED, "Your plan doesn't include this data timeframe.", BeyondDepth),
        (403, NOT_AUTHORIZED, "Attempted to request today's data before end of day.", WaitError),
        (404, "NOT_FOUND", "Data not found.", NothingThere),
        (404, "", "Not Found", Malformed),
        (429, "ERROR", "You've exceeded the maximum requests per minute", RateLimited),
        (200, "ERROR", "You've exceeded the maximum requests per minute", RateLimited),
        (400, "ERROR", "Ticker was incorrectly formatted", Malformed),
        (500, "ERROR", "internal", Transient),
        (200, "ERROR", "something else", Malformed),
        (200, NOT_AUTHORIZED, "not entitled", NotEntitled),
    ],
)
def test_each_refusal_has_its_class(http_status: int, status: str, said: str, expected: type[ProviderError]) -> None:
    error = _class(http_status, status=status, error=said)
    assert type(error) is expected
    assert said in str(error)


def test_todays_data_is_there_from_midnight_new_york_on_whatever_the_clocks_do() -> None:
    error = _class(403, status=NOT_AUTHORIZED, message="today's data before end of day")
    assert isinstance(error, WaitError)
    assert error.retry_after_seconds == 6 * 3600


def test_a_list_is_a_success_without_a_status() -> None:
    assert classifier(CLOCK)(HttpAnswer(200, {}, b"[{}]")) is None
