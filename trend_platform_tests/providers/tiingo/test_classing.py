"""What Tiingo's refusals mean: an object with `detail`, whatever its status, and prose where an allowance is used up."""

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
from trend_platform.providers.tiingo.classing import classifier

# 07:15 in New York, where allowances begin anew.
NOW = datetime(2026, 11, 20, 12, 15, 30, tzinfo=UTC)
_HOUR = "Error: You have run over your hourly request allocation. Please upgrade at https://api.tiingo.com/pricing"
_DAY = "Error: You have run over your daily request allocation."
_MONTH = "Error: You have run over your 500 symbol look up for this month."


def _class_of(status: int, document: object, now: datetime = NOW) -> ProviderError | None:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return classifier(ManualClock(now))(HttpAnswer(status, {}, body))


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (401, {"detail": "Please supply a token"}, AuthFailed),
        (403, {"detail": "Please supply a token"}, AuthFailed),
        (401, {"detail": "Invalid token."}, AuthFailed),
        (200, {"detail": "Authentication credentials were not provided."}, AuthFailed),
        (403, {"detail": "You do not have permission to access the News API"}, NotEntitled),
        (404, {"detail": "Not found."}, NothingThere),
        (404, {"detail": "Error: Ticker 'ZZZZZ' not found"}, NothingThere),
        (200, {"detail": "Error: Ticker 'ZZZZZ' not found"}, NothingThere),
        (200, {"detail": "Error: resampleFreq must be in 'Min' or 'Hour' only"}, Malformed),
        (400, {"detail": "Error: startDate is no date"}, Malformed),
        (429, {"detail": "Slow down"}, RateLimited),
        (500, {"detail": "A server error occurred."}, Transient),
        (502, b"<html>Bad Gateway</html>", Transient),
        (200, b"<html>Checking your browser</html>", Blocked),
        (200, b"Something in plain words", Blocked),
        (200, b'[{"date":"2026-11-1', Transient),
        (200, b"", Transient),
    ],
)
def test_a_refusal_has_its_class_whatever_its_status(status: int, document: object, kind: type[ProviderError]) -> None:
    assert type(_class_of(status, document)) is kind


@pytest.mark.parametrize("status", [200, 429, 404])
@pytest.mark.parametrize("as_prose", [True, False])
@pytest.mark.parametrize(
    ("said", "begins_anew"),
    [
        (_HOUR, datetime(2026, 11, 20, 13, tzinfo=UTC)),
        (_DAY, datetime(2026, 11, 21, 5, tzinfo=UTC)),
        (_MONTH, datetime(2026, 12, 1, 5, tzinfo=UTC)),
    ],
)
def test_an_allowance_that_is_used_up_is_told_first_and_until_when(
    said: str, begins_anew: datetime, *, as_prose: bool, status: int
) -> None:
    error = _class_of(status, said.encode() if as_prose else {"detail": said})
    assert isinstance(error, QuotaExhausted)
    assert error.retry_after_seconds == (begins_anew - NOW).total_seconds()


def test_the_month_ends_in_new_york_also_where_the_clocks_change_before() -> None:
    october = datetime(2026, 10, 31, 23, tzinfo=UTC)
    error = _class_of(429, {"detail": _MONTH}, october)
    assert isinstance(error, QuotaExhausted)
    assert error.retry_after_seconds == (datetime(2026, 11, 1, 4, tzinfo=UTC) - october).total_seconds()


@pytest.mark.parametrize("document", [[], [{"date": "2026-11-19", "close": 1.0}], {"ticker": "aapl"}])
def test_anything_without_a_detail_is_a_success(document: object) -> None:
    assert _class_of(200, document) is None


def test_a_list_that_comes_with_a_refusals_status_is_none() -> None:
    assert isinstance(_class_of(500, []), Transient)
