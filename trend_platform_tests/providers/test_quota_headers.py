"""What headers say of limits, made corrections of our own windows; spellings and figures as the providers send them."""

import pytest

from trend_platform.domain.budgets import Correction, Window
from trend_platform.providers.quota_headers import corrections_in

NOW = 1_763_640_000.0
SECOND, MINUTE, DAY = Window(30, 1.0), Window(200, 60.0), Window(800, 86_400.0)


def told(headers: dict[str, str], *windows: Window) -> list[Correction]:
    return corrections_in(headers, windows, now=lambda: NOW)


def test_binance_tells_the_weight_used_in_the_minute() -> None:
    headers = {"x-mbx-used-weight-1m": "120", "x-mbx-used-weight": "120"}
    assert told(headers, SECOND, MINUTE) == [Correction(1, 120, 60.0)]


def test_a_used_weight_of_a_window_we_do_not_keep_corrects_none() -> None:
    assert told({"x-mbx-used-weight-1h": "120"}, MINUTE) == []


def test_twelve_data_tells_the_credits_left_of_the_minute() -> None:
    assert told({"api-credits-used": "3", "api-credits-left": "5"}, DAY, Window(8, 60.0)) == [Correction(1, 3, 60.0)]


def test_alpaca_tells_the_limit_what_is_left_and_the_instant_of_the_reset() -> None:
    headers = {
        "x-ratelimit-limit": "200",
        "x-ratelimit-remaining": "150",
        "x-ratelimit-reset": str(int(NOW) + 42),
    }
    assert told(headers, SECOND, MINUTE) == [Correction(1, 50, 42.0)]


def test_a_reset_in_milliseconds_or_from_now_on_is_understood() -> None:
    for reset in (f"{(NOW + 42) * 1000:.0f}", "42"):
        headers = {"ratelimit-limit": "200", "ratelimit-remaining": "199.0", "ratelimit-reset": reset}
        assert told(headers, MINUTE) == [Correction(0, 1, 42.0)]


def test_without_a_limit_the_shortest_window_that_lasts_until_the_reset_is_meant() -> None:
    headers = {"x-ratelimit-remaining": "790", "x-ratelimit-reset": "7200"}
    assert told(headers, SECOND, MINUTE, DAY) == [Correction(2, 10, 7200.0)]


def test_what_is_left_alone_is_told_to_the_only_window_there_is() -> None:
    assert told({"x-rate-limit-remaining": "199"}, MINUTE) == [Correction(0, 1, 60.0)]
    assert told({"x-rate-limit-remaining": "199"}, MINUTE, DAY) == []


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "-3"])
def test_what_is_no_number_corrects_nothing(value: str) -> None:
    headers = dict.fromkeys(("x-mbx-used-weight-1m", "api-credits-left", "x-ratelimit-remaining"), value)
    assert told(headers, MINUTE) == []


def test_headers_of_other_things_and_no_windows_correct_nothing() -> None:
    assert told({"content-type": "text/html", "retry-after": "3"}, MINUTE) == []
    assert told({"x-mbx-used-weight-1m": "120"}) == []


def test_a_reset_that_has_passed_leaves_nothing_to_wait_for() -> None:
    headers = {"x-ratelimit-limit": "200", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) - 5)}
    assert told(headers, MINUTE) == [Correction(0, 200, 0.0)]
