"""What an answer is before a provider looks into it."""

import pytest

from trend_platform.errors import Blocked, Malformed, NothingThere, ProviderError, RateLimited, Transient
from trend_platform.providers.classing import class_of_body, class_of_keyless_status, class_of_refusal, class_of_status
from trend_platform.providers.http import HttpAnswer


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"a": 1}', None),
        (200, b" [1] ", None),
        (404, b'{"error": "no"}', None),
        (200, b"", Transient),
        (200, b'{"a": [1,', Transient),
        (200, b"<html>", Blocked),
        (200, b"Thank you for using our API", Blocked),
        (403, b"<html>denied</html>", Blocked),
        (502, b"<html>Bad gateway</html>", Transient),
        (429, b"Too many", RateLimited),
        (404, b"", NothingThere),
        (404, b"<html>", Blocked),
    ],
)
def test_a_body_is_readable_or_has_a_class(status: int, body: bytes, expected: type[ProviderError] | None) -> None:
    error = class_of_body("p", HttpAnswer(status, {}, body))
    assert type(error) is (expected or type(None))


@pytest.mark.parametrize(
    ("status", "expected"), [(408, Transient), (500, Transient), (599, Transient), (418, Malformed)]
)
def test_a_status_has_a_class(status: int, expected: type[ProviderError]) -> None:
    assert type(class_of_status("p", status, "words")) is expected


def test_a_success_has_none() -> None:
    assert class_of_status("p", 204, "") is None


@pytest.mark.parametrize(
    ("status", "expected"), [(401, Blocked), (403, Blocked), (404, NothingThere), (500, Transient)]
)
def test_where_no_key_is_needed_a_refusal_is_about_who_asks(status: int, expected: type[ProviderError]) -> None:
    assert type(class_of_keyless_status("p", status, "words")) is expected
    assert class_of_keyless_status("p", 200, "words") is None


def test_a_long_page_is_shown_in_part() -> None:
    error = class_of_body("p", HttpAnswer(200, {}, b"<html>" + b"x" * 10_000))
    assert len(str(error)) < 400


def test_an_error_inside_of_a_success_is_malformed_and_any_other_is_what_its_status_says() -> None:
    assert type(class_of_refusal("p", 404, "words")) is NothingThere
    assert type(class_of_refusal("p", 403, "words", class_of_keyless_status)) is Blocked
    inside = class_of_refusal("p", 200, "words")
    assert (type(inside), str(inside)) == (Malformed, "p: answered 200 and in it: words")
