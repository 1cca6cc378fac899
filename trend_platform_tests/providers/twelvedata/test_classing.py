"""What Twelve Data's refusals mean: they come with status 200 as well, and the code stands in the body."""

from datetime import UTC, datetime

import orjson
import pytest

from trend_platform.domain.clock import ManualClock
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
from trend_platform.providers.twelvedata.classing import NothingInside, classifier, refusal

NOW = datetime(2026, 11, 20, 12, 15, 40, tzinfo=UTC)
_MINUTE = (
    "You have run out of API credits for the current minute. 12 API credits were used, with the current limit being 8."
)
_DAY = "You have run out of API credits for the day. 801 API credits were used, with the current limit being 800."


def _class_of(status: int, document: object, now: datetime = NOW) -> ProviderError | None:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return classifier(ManualClock(now))(HttpAnswer(status, {}, body))


@pytest.mark.parametrize("with_its_own_status", [True, False])
@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        (400, "Invalid **interval** provided: 1ms. Supported intervals: 1min, 5min", Malformed),
        (400, "**symbol** parameter is invalid: ???", NothingThere),
        (400, "No data is available on the specified dates. Try setting different start/end dates.", NothingInside),
        (401, "**apikey** parameter is incorrect or not specified. You can get your free API key", AuthFailed),
        (403, "/time_series with adjust=none is available exclusively with grow or pro plans", NotEntitled),
        (400, "Prepost is available starting with the Pro plan. Consider upgrading your API key", NotEntitled),
        (404, "**symbol** or **figi** parameter is missing or invalid: ZZZZZ", NothingThere),
        (404, "Data not found", NothingThere),
        (414, "The parameter provided exceeds the maximum allowed length", Malformed),
        (500, "Internal server error", Transient),
        (429, "Too many requests", RateLimited),
    ],
)
def test_the_code_in_the_body_decides_whatever_the_status(
    code: int, said: str, kind: type[ProviderError], *, with_its_own_status: bool
) -> None:
    status = code if with_its_own_status else 200
    assert type(_class_of(status, {"code": code, "message": said, "status": "error"})) is kind


@pytest.mark.parametrize("status", [200, 429])
def test_the_minutes_credits_come_back_with_the_minute_and_the_days_at_midnight(status: int) -> None:
    minute = _class_of(status, {"code": 429, "message": _MINUTE, "status": "error"})
    assert isinstance(minute, RateLimited)
    assert minute.retry_after_seconds == 21.0
    day = _class_of(status, {"code": 429, "message": _DAY, "status": "error"})
    assert isinstance(day, QuotaExhausted)
    assert day.retry_after_seconds == (datetime(2026, 11, 21, tzinfo=UTC) - NOW).total_seconds()


def test_the_wait_for_a_minute_is_never_longer_than_one() -> None:
    error = _class_of(200, {"code": 429, "message": _MINUTE, "status": "error"}, datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 60.0


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (200, b"<html>Checking your browser</html>", Blocked),
        (502, b"<html>Bad Gateway</html>", Transient),
        (200, b'{"meta":{"symbol":"AA', Transient),
        (200, b"price\n146.55\n", Blocked),
        (404, {}, NothingThere),
        (200, {"code": "odd", "message": "something new", "status": "error"}, Malformed),
        (200, {"status": "error"}, Malformed),
    ],
)
def test_anything_else_has_the_class_of_its_body_or_status(
    status: int, document: object, kind: type[ProviderError]
) -> None:
    assert type(_class_of(status, document)) is kind


@pytest.mark.parametrize(
    "document", [{"meta": {}, "values": [], "status": "ok"}, {"AAPL": {"status": "error"}}, {}, []]
)
def test_a_document_that_does_not_call_itself_an_error_is_none(document: object) -> None:
    assert _class_of(200, document) is None
    assert refusal(document, NOW) is None
