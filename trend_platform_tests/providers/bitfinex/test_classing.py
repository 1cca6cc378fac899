"""What Bitfinex's refusals mean: the code in the array counts for more than the status."""

import pytest

from trend_platform.errors import Blocked, Malformed, NothingThere, ProviderError, RateLimited, Transient
from trend_platform.providers.bitfinex.classing import classify
from trend_platform_tests.providers.exchanges import answer


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (500, ["error", 10020, "symbol: invalid"], NothingThere),
        (500, ["error", 10020, "limit: invalid"], Malformed),
        (500, ["error", 10020, "time_interval: invalid"], Malformed),
        (400, ["error", 20060, "maintenance"], Transient),
        (200, ["error", 20060, "maintenance"], Transient),
        (429, ["error", 11010, "ratelimit: error"], RateLimited),
        (500, ["error", 11010, "ratelimit: error"], RateLimited),
        (200, {"error": "ERR_RATE_LIMIT"}, RateLimited),
        (200, {"message": "Ratelimit"}, RateLimited),
        (500, ["error", 10001, "ERR_UNK"], Transient),
        (200, ["error", 10001, "ERR_UNK"], Malformed),
        (500, ["error"], Transient),
        (429, {}, RateLimited),
        (403, b"<html>", Blocked),
        (403, {}, Blocked),
        (200, b"[[1,2", Transient),
    ],
)
def test_a_refusal_has_its_class(status: int, document: object, kind: type[ProviderError]) -> None:
    assert type(classify(answer(status, document))) is kind


def test_a_breach_of_the_limit_is_waited_for_a_minute() -> None:
    error = classify(answer(429, ["error", 11010, "ratelimit: error"]))
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 60


@pytest.mark.parametrize("document", [[], [[1, 2, 3, 4, 5, 6]], [["tBTCUSD", 1]]])
def test_data_is_no_refusal(document: object) -> None:
    assert classify(answer(200, document)) is None
