"""FMP's answers, classed from status and body: texts with a 402 or a 200, limits of a day and of a moment."""

import orjson
import pytest

from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    Blocked,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
    WaitError,
)
from trend_platform.providers.fmp.classing import classifier
from trend_platform.providers.http import HttpAnswer

KEY = "Invalid API KEY. Please retry or visit our documentation to create one FREE"
SYMBOL = (
    "Premium Query Parameter: 'Special Endpoint : This value set for 'symbol' is not available under your subscription"
)
PAST = "Premium Query Parameter: This value set for 'from' is not available under your current subscription"
EXCLUSIVE = "Exclusive Endpoint : This endpoint is not available under your current subscription"
LEGACY = "Legacy Endpoint : Due to Legacy endpoints being no longer supported"
DAY = "Limit Reach . Please upgrade your plan or visit our documentation"
MOMENT = {"Error Message": "Too Many Requests", "X-Rate-Limit-Retry-After-Milliseconds": 174}


def _class_of(status: int, body: object, *, is_daily: bool = True) -> ProviderError | None:
    told = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return classifier(is_daily=is_daily)(HttpAnswer(status, {}, told))


@pytest.mark.parametrize("document", [[], [{"symbol": "AAPL"}], {}])
def test_a_success_is_one(document: object) -> None:
    assert _class_of(200, document) is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"Error Message": KEY}, AuthFailed),
        (200, {"Error Message": KEY}, AuthFailed),
        (402, SYMBOL, NotEntitled),
        (200, SYMBOL, NotEntitled),
        (402, PAST, BeyondDepth),
        (200, PAST, BeyondDepth),
        (402, {"Error Message": EXCLUSIVE}, NotEntitled),
        (200, {"Error Message": EXCLUSIVE}, NotEntitled),
        (403, {"Error Message": LEGACY}, NotEntitled),
        (403, {"Error Message": "Forbidden"}, NotEntitled),
        (404, {"Error Message": "Not found"}, NothingThere),
        (500, {"Error Message": "Oops"}, Transient),
        (200, {"Error Message": "Something new"}, Malformed),
        (200, {"error": "Something new"}, Malformed),
        (200, "Just a moment", Blocked),
        (200, "<html></html>", Blocked),
    ],
)
def test_refusals_are_classed_by_status_and_words(status: int, body: object, kind: type[ProviderError]) -> None:
    assert type(_class_of(status, body)) is kind


def test_a_legacy_endpoint_names_the_setting() -> None:
    assert "leave base_url unset" in str(_class_of(403, {"Error Message": LEGACY}))


@pytest.mark.parametrize("status", [200, 429])
def test_a_reached_limit_is_that_of_a_day_on_the_free_plan_only(status: int) -> None:
    free, paid = (_class_of(status, {"Error Message": DAY}, is_daily=is_daily) for is_daily in (True, False))
    assert isinstance(free, QuotaExhausted)
    assert free.retry_after_seconds == 86_400
    assert isinstance(paid, RateLimited)
    assert paid.retry_after_seconds is None


@pytest.mark.parametrize(("wait", "seconds"), [(174, 0.174), (0, None), ("soon", None), (None, None)])
def test_a_limit_of_a_moment_tells_the_wait_in_its_body(wait: object, seconds: float | None) -> None:
    error = _class_of(429, {**MOMENT, "X-Rate-Limit-Retry-After-Milliseconds": wait})
    assert type(error) is RateLimited
    assert isinstance(error, WaitError)
    assert error.retry_after_seconds == seconds
