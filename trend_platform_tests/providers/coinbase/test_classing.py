"""What Coinbase's refusals mean."""

import pytest

from trend_platform.errors import Blocked, Malformed, NothingThere, ProviderError, RateLimited, Transient
from trend_platform.providers.coinbase.classing import classify
from trend_platform_tests.providers.exchanges import answer

TOO_WIDE = "granularity too small for the requested time range. Count of aggregations requested exceeds 300"


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (404, {"message": "NotFound"}, NothingThere),
        (404, {"message": "Route not found"}, Malformed),
        (400, {"message": TOO_WIDE}, Malformed),
        (429, {"message": "Public rate limit exceeded"}, RateLimited),
        (429, {}, RateLimited),
        (200, {"message": "Public rate limit exceeded"}, RateLimited),
        (200, {"message": "something else"}, Malformed),
        (403, {"message": "Forbidden"}, Blocked),
        (403, b"<!DOCTYPE html>", Blocked),
        (500, {"message": "Internal server error"}, Transient),
        (503, b"<html>", Transient),
        (200, b"[[1,2", Transient),
    ],
)
def test_a_refusal_has_its_class(status: int, document: object, kind: type[ProviderError]) -> None:
    assert type(classify(answer(status, document))) is kind


@pytest.mark.parametrize("document", [[], [[1, 2, 3, 4, 5, 6]], {"price": "1"}])
def test_data_is_no_refusal(document: object) -> None:
    assert classify(answer(200, document)) is None
