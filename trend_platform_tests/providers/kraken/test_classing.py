"""What Kraken's refusals mean: the errors stand in the body, the status says nothing."""

import pytest

from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.kraken.classing import classify, result_of
from trend_platform_tests.providers.exchanges import answer


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EQuery:Unknown asset pair", NothingThere),
        ("EGeneral:Too many requests", RateLimited),
        ("EAPI:Rate limit exceeded", RateLimited),
        ("EService:Throttled: 1714000000", RateLimited),
        ("EGeneral:Temporary lockout", RateLimited),
        ("EService:Unavailable", Transient),
        ("EService:Busy", Transient),
        ("EGeneral:Internal error", Transient),
        ("EGeneral:Permission denied", NotEntitled),
        ("EAPI:Invalid key", AuthFailed),
        ("EGeneral:Invalid arguments", Malformed),
        ("EGeneral:Unknown method", Malformed),
        ("ESomething:New", Malformed),
    ],
)
def test_an_error_with_status_200_has_its_class(error: str, kind: type[ProviderError]) -> None:
    found = classify(answer(200, {"error": [error]}))
    assert type(found) is kind
    assert error in str(found)


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (403, b"<html>", Blocked),
        (403, {}, Blocked),
        (429, {}, RateLimited),
        (520, b"<html>", Transient),
        (200, b"<html>", Blocked),
        (200, {"error": "EService:Unavailable"}, Transient),
    ],
)
def test_a_gateway_refuses_with_a_status(status: int, document: object, kind: type[ProviderError]) -> None:
    assert type(classify(answer(status, document))) is kind


def test_a_warning_beside_a_result_is_no_error() -> None:
    assert classify(answer(200, {"error": ["WQuery:Deprecated"], "result": {}})) is None


@pytest.mark.parametrize("document", [{}, [], {"error": []}, {"error": [], "result": []}])
def test_an_answer_without_a_result_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        result_of(document)
