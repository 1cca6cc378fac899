"""Nasdaq Data Link's codes: the third letter says what is wrong."""

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
)
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.nasdaq_data_link.classing import classify


def _class_of(status: int, document: object) -> ProviderError | None:
    return classify(HttpAnswer(status, {}, document if isinstance(document, bytes) else orjson.dumps(document)))


@pytest.mark.parametrize("name", ["quandl_error", "error"])
@pytest.mark.parametrize(
    ("status", "code", "said", "kind"),
    [
        (429, "QELx04", "You have exceeded the API speed limit of 300 calls per 10 seconds.", RateLimited),
        (429, "QELx03", "You have exceeded the limit of 50 calls per day.", QuotaExhausted),
        (400, "QEAx01", "We could not recognize your API key.", AuthFailed),
        (403, "QEPx04", "You do not have permission to view this dataset.", NotEntitled),
        (404, "QECx02", "You have submitted an incorrect Quandl code.", NothingThere),
        (422, "QESx04", "You have submitted incorrect query parameters.", Malformed),
        (503, "QEXx01", "We are down for maintenance.", Transient),
        (500, "QEMx01", "Something went wrong.", Transient),
        (200, "QEPx04", "You do not have permission to view this dataset.", NotEntitled),
        (400, "new", "Something new.", Malformed),
    ],
)
def test_the_letter_of_a_code_has_its_class(
    name: str, status: int, code: str, said: str, kind: type[ProviderError]
) -> None:
    error = _class_of(status, {name: {"code": code, "message": said}})
    assert type(error) is kind
    assert f"{said} (code {code})" in str(error)


def test_a_limit_of_a_day_is_used_up_for_a_day() -> None:
    error = _class_of(429, {"quandl_error": {"code": "QELx03", "message": "50 calls per day"}})
    assert isinstance(error, QuotaExhausted)
    assert error.retry_after_seconds == 86_400


def test_without_a_code_the_status_says_it() -> None:
    assert _class_of(200, {"dataset": {}}) is None
    assert type(_class_of(429, {})) is RateLimited
    assert type(_class_of(403, {"error": "plain"})) is NotEntitled
    assert type(_class_of(403, b"<html>Request unsuccessful. Incapsula incident</html>")) is Blocked
