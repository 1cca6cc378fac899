"""What Binance's refusals mean."""

import orjson
import pytest

from trend_platform.errors import (
    Blocked,
    Malformed,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.binance.classing import classify
from trend_platform.providers.http import HttpAnswer

RESTRICTED = "Service unavailable from a restricted location according to 'b. Eligibility'"


@pytest.mark.parametrize(
    ("status", "code", "said", "kind"),
    [
        (400, -1121, "Invalid symbol.", NothingThere),
        (400, -1120, "Invalid interval.", Malformed),
        (400, -1100, "Illegal characters found in parameter 'symbol'", Malformed),
        (429, -1003, "Too much request weight used", RateLimited),
        (418, -1003, "Way too much request weight used; IP banned", RateLimited),
        (451, 0, RESTRICTED, Blocked),
        (403, 0, RESTRICTED, Blocked),
        (403, -1002, "You are not authorized", Blocked),
        (500, -1000, "An unknown error occurred", Transient),
        (400, -1007, "Timeout waiting for response from backend server", Transient),
        (503, 0, "Service Unavailable", Transient),
        (200, -4088, "Maximum time interval is 200 days.", Malformed),
        (404, 0, "Not found", Malformed),
    ],
)
def test_refusals_are_classed_by_status_and_code(status: int, code: int, said: str, kind: type[ProviderError]) -> None:
    error = classify(HttpAnswer(status, {}, orjson.dumps({"code": code, "msg": said})))
    assert type(error) is kind
    assert said in str(error)


def test_a_ban_without_a_body_is_a_ban() -> None:
    assert isinstance(classify(HttpAnswer(418, {"retry-after": "120"}, b"")), RateLimited)


def test_a_firewalls_page_is_a_wall() -> None:
    assert isinstance(classify(HttpAnswer(403, {}, b"<html><h1>403 ERROR</h1>CloudFront</html>")), Blocked)


@pytest.mark.parametrize("body", [b"[]", b'{"symbol":"BTCUSDT","price":"1.0"}', b'{"symbols":[]}'])
def test_successes_are_none(body: bytes) -> None:
    assert classify(HttpAnswer(200, {}, body)) is None
