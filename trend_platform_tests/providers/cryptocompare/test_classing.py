"""CryptoCompare's two envelopes of error, one with status 200, and the allowance that is used up."""

import orjson
import pytest

from trend_platform.errors import (
    AuthFailed,
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
from trend_platform.providers.cryptocompare.classing import classify
from trend_platform.providers.http import HttpAnswer

LIMITS = {"second": 20, "minute": 300, "hour": 3000, "day": 7500, "month": 50_000}
OVER = "You are over your rate limit please upgrade your account!"


def _class_of(status: int, document: object) -> ProviderError | None:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return classify(HttpAnswer(status, {}, body))


def _new(said: str, status: int | None) -> dict[str, object]:
    return {"Data": {}, "Err": {"type": 2, "message": said, "http_status_code": status}}


def _old(said: str, kind: int = 2, **others: object) -> dict[str, object]:
    return {"Response": "Error", "Message": said, "Type": kind, "Data": {}, **others}


@pytest.mark.parametrize("document", [{"Data": [], "Err": {}}, {"Response": "Success", "Data": {}}, {"RAW": {}}, []])
def test_a_success_is_one(document: object) -> None:
    assert _class_of(200, document) is None


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (401, _new("API key required", 401), AuthFailed),
        (200, _new("API key required", 401), AuthFailed),
        (200, _old("You need a valid auth key or api key to access this endpoint"), AuthFailed),
        (403, _new("Not in your subscription", 403), NotEntitled),
        (429, _new("Too many requests", 429), RateLimited),
        (200, _new("Too many requests", 429), RateLimited),
        (404, _new("Unknown instrument", 404), NothingThere),
        (200, _old("There is no data for the symbol ZZZ ."), NothingThere),
        (200, _old("market does not exist for this coin pair (ZZZ-USD)"), NothingThere),
        (500, _new("Oops", 500), Transient),
        (503, {}, Transient),
        (200, _old("limit is larger than max value."), Malformed),
        (200, _new("Something new", None), Malformed),
        (200, b"<html></html>", Blocked),
    ],
)
def test_refusals_are_classed_by_status_and_words(status: int, document: object, kind: type[ProviderError]) -> None:
    assert type(_class_of(status, document)) is kind


def test_without_a_plan_the_key_to_check_is_named() -> None:
    assert "without a paid plan there is no access: check CRYPTOCOMPARE_API_KEY" in str(
        _class_of(401, _new("API key required", 401))
    )


@pytest.mark.parametrize(
    ("window", "kind", "seconds"),
    [
        ("month", QuotaExhausted, 86_400),
        ("day", QuotaExhausted, 86_400),
        ("hour", QuotaExhausted, 3_600),
        ("minute", RateLimited, None),
        ("second", RateLimited, None),
        (None, RateLimited, None),
    ],
)
def test_the_longest_allowance_that_is_used_up_says_how_long_to_wait(
    window: str | None, kind: type[ProviderError], seconds: float | None
) -> None:
    made = {name: limit if name == window else 1 for name, limit in LIMITS.items()}
    error = _class_of(200, _old(OVER, 99, RateLimit={"calls_made": made, "max_calls": LIMITS}))
    assert type(error) is kind
    assert isinstance(error, WaitError)
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "limits", [{}, None, {"calls_made": 5}, {"calls_made": {"day": None}, "max_calls": {"day": 1}}]
)
def test_a_throttling_that_does_not_tell_its_limits_is_one_of_a_moment(limits: object) -> None:
    assert type(_class_of(200, _old(OVER, 99, RateLimit=limits))) is RateLimited
