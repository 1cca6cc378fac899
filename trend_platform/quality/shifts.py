"""Whether all stamps of a series are off by the same time: some miss the calendar, and moved together none does.

One stamp off the calendar is a bad row. A series of which a part is off, and which fits as a whole when it is moved, was
stamped in another zone or at another end of the candle, and the rows that happen to fit are wrong as well. Pure.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trend_platform.domain.calendars import Instants
from trend_platform.domain.timeframes import Timeframe

_DAY_US: Final = timedelta(days=1) // timedelta(microseconds=1)
_STEP_US: Final = timedelta(minutes=30) // timedelta(microseconds=1)
_FARTHEST_STEPS: Final = 28  # fourteen hours: no two zones are further apart
_LEAST_ROWS: Final = 10
_LEAST_DAYS: Final = 3
_LEAST_OFF: Final = 0.05  # of the rows: a day of minutes that is half an hour early loses one in thirteen


OpensAt = Callable[[Instants], NDArray[np.bool_]]
"""Says for each stamp whether a candle of the series' calendar opens there."""


def shift_of(opens_at: OpensAt, timeframe: Timeframe, stamps: Instants, is_on: NDArray[np.bool_]) -> int:
    """Return by how many microseconds the stamps of one series are late (early if negative), 0 where they are not.

    Args:
        opens_at: The calendar of the series.
        timeframe: Its timeframe; weeks and months are not looked at.
        stamps: Its stamps, sorted, none missing.
        is_on: Which of them a candle of the calendar opens at.
    """
    off = int(np.count_nonzero(~is_on))
    is_looked_at = timeframe.is_intraday or timeframe is Timeframe.D1
    if not is_looked_at or off < 2 or len(stamps) < _LEAST_ROWS or off < _LEAST_OFF * len(stamps):
        return 0
    days = np.unique(stamps // _DAY_US)
    if timeframe.is_intraday and len(days) < _LEAST_DAYS:
        return 0
    return next((shift for shift in _candidates(timeframe) if opens_at(stamps - shift).all()), 0)


def _candidates(timeframe: Timeframe) -> list[int]:
    steps = range(1, _FARTHEST_STEPS + 1) if timeframe.is_intraday else (1,)
    unit = _STEP_US if timeframe.is_intraday else _DAY_US
    return [sign * step * unit for step in steps for sign in (1, -1)]
