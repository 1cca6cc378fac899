"""What Alpaca's refusals mean: a message in the body, or bare words from a gateway."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    NotEntitled,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.alpaca.classing import UnknownSymbols, classifier
from trend_platform.providers.http import HttpAnswer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_RECENT = "subscription does not permit querying recent SIP data"


def _class_of(status: int, document: object, headers: Mapping[str, str] | None = None) -> ProviderError | None:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return classifier(ManualClock(NOW))(HttpAnswer(status, headers or {}, body))


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (401, b"", AuthFailed),
        (401, b"<html><h1>401 Authorization Required</h1></html>", AuthFailed),
        (403, {"message": "forbidden."}, AuthFailed),
        (403, {"message": "request is not authorized: unauthorized"}, AuthFailed),
        (403, {"message": _RECENT}, NotEntitled),
        (422, {"code": 42210000, "message": _RECENT}, NotEntitled),
        (429, b"too many requests.", RateLimited),
        (429, {"message": "too many requests."}, RateLimited),
        (400, {"code": 400, "message": "invalid timeframe"}, Malformed),
        (400, {"message": "end should not be before start"}, Malformed),
        (404, {"message": "endpoint not found."}, Malformed),
        (500, {"message": "internal server error occurred"}, Transient),
        (503, b"<html>Service Unavailable</html>", Transient),
        (200, b"<html>Checking your browser</html>", Blocked),
        (200, b'{"bars":{"AAPL":[{"t":"20', Transient),
        (200, {"message": "something new"}, Malformed),
    ],
)
def test_a_refusal_has_its_class_whatever_its_status(status: int, document: object, kind: type[ProviderError]) -> None:
    assert type(_class_of(status, document)) is kind


@pytest.mark.parametrize("document", [{"bars": {}, "next_page_token": None}, {"AAPL": {"latestTrade": None}}, []])
def test_an_answer_without_a_message_is_a_success(document: object) -> None:
    assert _class_of(200, document) is None


@pytest.mark.parametrize(
    ("said", "symbols"),
    [
        ("invalid symbol: ZZZZZ", {"ZZZZZ"}),
        ("code=400, message=invalid symbol(s): BRK.C, NO/USD does not match the pattern", {"BRK.C", "NO/USD"}),
        ("Invalid symbols: FOO,BAR", {"FOO", "BAR"}),
    ],
)
def test_a_refused_symbol_is_named_so_that_the_others_can_be_asked_again(said: str, symbols: set[str]) -> None:
    error = _class_of(400, {"message": said})
    assert isinstance(error, UnknownSymbols)
    assert error.symbols == symbols


def test_a_hint_names_the_settings_that_help() -> None:
    assert "DELAY_MINUTES" in str(_class_of(403, {"message": _RECENT}))
    assert "ALPACA_API_SECRET_KEY" in str(_class_of(403, {"message": "forbidden."}))
    assert "BASE_URL" in str(_class_of(404, {"message": "endpoint not found."}))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 20)}, 20.0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) - 5)}, None),
        ({"x-ratelimit-reset": "soon"}, None),
        # The client reads `Retry-After` itself, for every provider.
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 20), "retry-after": "7"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_until_the_limit_begins_anew(headers: dict[str, str], seconds: float | None) -> None:
    error = _class_of(429, b"too many requests.", headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == seconds
