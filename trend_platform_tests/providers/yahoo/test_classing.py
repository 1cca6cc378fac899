"""What Yahoo's refusals mean, and how long it is left alone after them."""

import orjson
import pytest

from trend_platform.errors import (
    BeyondDepth,
    Blocked,
    Malformed,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.pausing import Pause
from trend_platform.providers.yahoo.classing import Patience, classifier, document_of
from trend_platform_tests.providers.network import FakeTime

EDGE = HttpAnswer(429, {}, b"Edge: Too Many Requests")
FINE = HttpAnswer(200, {}, b'{"chart":{"result":[],"error":null}}')


def _refused(status: int, code: str, said: str, name: str = "chart") -> ProviderError | None:
    body = orjson.dumps({name: {"result": None, "error": {"code": code, "description": said}}})
    return classifier(Patience(Pause()))(HttpAnswer(status, {}, body))


@pytest.mark.parametrize(
    ("status", "code", "said", "kind"),
    [
        (404, "Not Found", "No data found, symbol may be delisted", NothingThere),
        (400, "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2", NothingThere),
        (422, "Unprocessable Entity", "1m data not available. Only 8 days worth of 1m granularity data", BeyondDepth),
        (422, "Unprocessable Entity", "The requested range must be within the last 60 days.", BeyondDepth),
        (400, "Bad Request", "Invalid input - interval=7m is not supported", Malformed),
        (401, "Unauthorized", "Invalid Crumb", Blocked),
        (500, "Internal Server Error", "oops", Transient),
        (200, "internal-error", "oops", Transient),
        (429, "Too Many Requests", "slow down", RateLimited),
    ],
)
def test_refusals_are_classed_by_status_and_words(status: int, code: str, said: str, kind: type[ProviderError]) -> None:
    assert type(_refused(status, code, said)) is kind
    assert type(_refused(status, code, said, "spark")) is kind


def test_an_error_with_status_200_is_an_error() -> None:
    assert isinstance(_refused(200, "Not Found", "No data found"), NothingThere)


def test_the_edge_stops_everything_for_longer_each_time_and_an_answer_begins_anew() -> None:
    time = FakeTime()
    pause = Pause(time.timer)
    classify = classifier(Patience(pause))
    waits = []
    for _ in range(5):
        error = classify(EDGE)
        assert isinstance(error, RateLimited)
        waits.append(error.retry_after_seconds)
        assert pause.remaining_seconds == error.retry_after_seconds
        time.seconds += pause.remaining_seconds
    assert waits == [60.0, 300.0, 900.0, 3600.0, 3600.0]
    assert classify(FINE) is None
    again = classify(EDGE)
    assert isinstance(again, RateLimited)
    assert again.retry_after_seconds == 60.0


def test_refusals_of_calls_under_way_count_once() -> None:
    time = FakeTime()
    classify = classifier(Patience(Pause(time.timer)))
    classify(EDGE)
    time.seconds += 1.0
    second = classify(EDGE)
    assert isinstance(second, RateLimited)
    assert second.retry_after_seconds == 59.0


def test_a_refusal_in_json_is_of_this_call_only() -> None:
    pause = Pause()
    assert isinstance(classifier(Patience(pause))(HttpAnswer(429, {}, b"{}")), RateLimited)
    assert pause.remaining_seconds == 0.0


def test_a_page_is_a_wall_and_a_page_of_a_gateway_is_not() -> None:
    page = b"<!DOCTYPE html><html>Will be right back</html>"
    classify = classifier(Patience(Pause()))
    assert isinstance(classify(HttpAnswer(200, {}, page)), Blocked)
    assert isinstance(classify(HttpAnswer(503, {}, page)), Transient)


def test_numbers_that_json_does_not_know_are_null() -> None:
    answer = HttpAnswer(200, {}, b'{"chart":{"result":[{"adjclose":[NaN,Infinity,1.5]}],"error":null}}')
    assert classifier(Patience(Pause()))(answer) is None
    assert document_of(answer) == {"chart": {"result": [{"adjclose": [None, None, 1.5]}], "error": None}}


def test_a_body_cut_short_is_transient() -> None:
    assert isinstance(classifier(Patience(Pause()))(HttpAnswer(200, {}, b'{"chart":{"res')), Transient)
