"""The values of budgets: how long a window counts, what is left of one."""

import pytest

from trend_platform.domain.budgets import Standing, Window

MINUTE = Window(300, 60.0, 0.25)


def test_a_window_counts_for_its_period_and_its_margin() -> None:
    assert MINUTE.length_seconds == 60.25


@pytest.mark.parametrize(("used", "rests", "left"), [(0, 0, 300), (120, 0, 180), (400, 0, 0), (0, 5, 0)])
def test_what_is_left_is_never_negative_and_nothing_during_a_rest(used: float, rests: float, left: float) -> None:
    assert Standing(0, MINUTE, used, rests).left == left
