"""CoinGecko's errors in both of their shapes, and with status 200."""

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
)
from trend_platform.providers.coingecko.classing import classify
from trend_platform.providers.http import HttpAnswer


def _coded(code: int, said: str = "words") -> dict[str, object]:
    return {"status": {"error_code": code, "error_message": said}}


@pytest.mark.parametrize(
    ("status", "document", "expected"),
    [
        (401, {"error": _coded(10012, "exceeds the allowed time range, past 365 days")}, BeyondDepth),
        (429, _coded(429), RateLimited),
        (200, _coded(429), RateLimited),
        (403, _coded(429), RateLimited),
        (429, _coded(429, "You've exceeded your monthly limit"), QuotaExhausted),
        (404, {"error": "coin not found"}, NothingThere),
        (404, {"error": "nope"}, Malformed),
        (401, _coded(10002), AuthFailed),
        (400, _coded(10010), AuthFailed),
        (400, {"error_code": 10011, **_coded(10011)}, AuthFailed),
        (401, _coded(10005), NotEntitled),
        (403, _coded(1020), Blocked),
        (500, {"status": 500, "error": "Internal Server Error"}, Transient),
        (422, {"error": "Missing parameter ids"}, Malformed),
        (200, {"error": "odd"}, Malformed),
        (200, {"prices": []}, type(None)),
        (200, [], type(None)),
        (200, {"bitcoin": {"usd": 1}}, type(None)),
    ],
)
def test_each_answer_has_its_class(status: int, document: object, expected: type[ProviderError] | type[None]) -> None:
    assert type(classify(HttpAnswer(status, {}, orjson.dumps(document)))) is expected


def test_a_key_for_the_other_host_is_told_which_one_it_needs() -> None:
    assert "pro-api.coingecko.com" in str(classify(HttpAnswer(400, {}, orjson.dumps(_coded(10010)))))
