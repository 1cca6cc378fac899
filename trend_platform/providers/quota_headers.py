"""What headers say of limits: how much is used, how much is left and until when, made corrections of our own windows.

`X-MBX-USED-WEIGHT-1M` (Binance), `api-credits-left` (Twelve Data), `X-RateLimit-Limit/-Remaining/-Reset` (Alpaca, Finnhub,
Reddit) and `RateLimit-*` as the IETF drafts have them. A header that cannot be told to one window corrects none.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from trend_platform.domain.budgets import Correction, Window

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_USED = re.compile(r"x-mbx-used-weight-(\d+)([smhd])")
_SPELLINGS = ("x-ratelimit", "ratelimit", "x-rate-limit")
# Epochs begin here; what is less is a number of seconds from now.
_FIRST_EPOCH, _FIRST_EPOCH_MS = 1e9, 1e12


def corrections_in(
    headers: Mapping[str, str], windows: Sequence[Window], now: Callable[[], float] = time.time
) -> list[Correction]:
    """Return what headers say of `windows`.

    Args:
        headers: Headers by lower-case name.
        windows: Our own.
        now: Seconds since the epoch; resets are told as instants.
    """
    if not windows:
        return []
    return [*_used_weight(headers, windows), *_credits_left(headers, windows), *_remaining(headers, windows, now)]


def _used_weight(headers: Mapping[str, str], windows: Sequence[Window]) -> Iterator[Correction]:
    for name, value in headers.items():
        found, used = _USED.fullmatch(name), _number(value)
        if found and used is not None:
            period = float(found[1]) * _UNITS[found[2]]
            for index, window in enumerate(windows):
                if window.period_seconds == period:
                    yield Correction(index, used, window.length_seconds)


def _credits_left(headers: Mapping[str, str], windows: Sequence[Window]) -> Iterator[Correction]:
    # Twelve Data tells them of the wall-clock minute.
    left = _number(headers.get("api-credits-left", ""))
    for index, window in enumerate(windows):
        if left is not None and window.period_seconds == 60.0:
            yield Correction(index, window.weight - left, window.length_seconds)


def _remaining(headers: Mapping[str, str], windows: Sequence[Window], now: Callable[[], float]) -> Iterator[Correction]:
    for spelling in _SPELLINGS:
        left = _number(headers.get(f"{spelling}-remaining", ""))
        if left is None:
            continue
        limit, reset = _number(headers.get(f"{spelling}-limit", "")), _number(headers.get(f"{spelling}-reset", ""))
        seconds = None if reset is None else _from_now(reset, now())
        index = _window_of(windows, limit, seconds)
        if index is not None:
            window = windows[index]
            yield Correction(index, window.weight - left, window.length_seconds if seconds is None else seconds)
        return


def _window_of(windows: Sequence[Window], limit: float | None, seconds: float | None) -> int | None:
    # The one whose weight is the limit told; else the shortest that is not over before the reset.
    order = sorted(range(len(windows)), key=lambda index: windows[index].period_seconds)
    same = [index for index in order if limit is not None and windows[index].weight == limit]
    long_enough = [index for index in order if seconds is not None and windows[index].length_seconds >= seconds]
    if same:
        return same[0]
    if long_enough:
        return long_enough[0]
    return order[0] if len(order) == 1 and seconds is None else None


def _from_now(reset: float, now: float) -> float:
    if reset >= _FIRST_EPOCH_MS:
        return max(0.0, reset / 1000 - now)
    return max(0.0, reset - now) if reset >= _FIRST_EPOCH else reset


def _number(text: str) -> float | None:
    try:
        number = float(text.strip())
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
