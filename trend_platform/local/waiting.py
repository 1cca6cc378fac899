"""Waiting for something to become true, with a limit: the one loop of its kind in this package."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.5


def until(check: Callable[[], T | None], limit_seconds: float) -> T | None:
    """Ask `check` until it answers something other than `None`, with growing pauses.

    Args:
        check: The question; it may raise to end the wait at once.
        limit_seconds: When to give up.

    Returns:
        What `check` answered, or `None` when the limit passed.
    """
    give_up = time.monotonic() + limit_seconds
    pause = _PAUSE_SECONDS
    while (answer := check()) is None:
        if time.monotonic() > give_up:
            return None
        time.sleep(pause)
        pause = min(pause * 1.4, _LONGEST_PAUSE_SECONDS)
    return answer
