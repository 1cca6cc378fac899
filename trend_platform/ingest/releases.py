"""When a look at an economic series is worth its calls: after its release, and hardly ever otherwise. Pure.

A release has a day and no hour. American agencies publish in the morning of New York or, a few, in the afternoon, and FRED has
it minutes to hours later: from noon UTC of the day on a series is looked at each hour, until its new vintage is there or a
day is over.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Final

from trend_platform.domain.economy import EconomicSeries

LOOK_EVERY: Final = timedelta(minutes=50)
"""The time between two looks for a release that is due: an hour, less what a run may be early or late."""

BLIND_LOOK_EVERY: Final = timedelta(days=1)
"""The time between two looks at a series whose releases are not known."""

LOOK_ANYWAY_EVERY: Final = timedelta(days=7)
"""The time after which a series is looked at whatever its calendar says: calendars change, and values are revised between."""

_OPENS: Final = time(12, tzinfo=UTC)
_OPEN_FOR: Final = timedelta(days=1)
_PERIOD_DAYS: Final = MappingProxyType({"D": 1, "W": 7, "BW": 14, "M": 30, "Q": 91, "SA": 182, "A": 365})
_DENSE: Final = 4
_RECENT_DAYS: Final = 20


def next_look(about: EconomicSeries, now: datetime) -> datetime:
    """Return when a series is worth a look; not later than `now` means at once.

    A series that comes out with a much more frequent release, such as a monthly rate in a daily bulletin, is looked at once
    after each release day instead of hourly: most of those days bring nothing for it.
    """
    if about.checked_at is None:
        return now
    if not about.release_days:
        return about.checked_at + BLIND_LOOK_EVERY
    anyway = about.checked_at + LOOK_ANYWAY_EVERY
    for day in about.release_days:
        opens = datetime.combine(day, _OPENS)
        closes = opens + _OPEN_FOR
        is_there = about.newest_vintage is not None and day <= about.newest_vintage
        if is_there or about.checked_at >= closes:
            continue
        if _is_dense(about, day):
            return min(closes, anyway)
        return min(opens if about.checked_at < opens else about.checked_at + LOOK_EVERY, anyway)
    return anyway


def is_overdue(about: EconomicSeries, now: datetime) -> bool:
    """Return whether nobody has looked at a series for a day although a look was due: its fetching fails."""
    return next_look(about, now) < now - timedelta(days=1)


def _is_dense(about: EconomicSeries, day: date) -> bool:
    period = _PERIOD_DAYS.get(about.frequency, 0)
    until = [one for one in about.release_days if one <= day][-_RECENT_DAYS:]
    return len(until) > 1 and _median_days(until) * _DENSE <= period


def _median_days(days: Sequence[date]) -> float:
    return median((later - earlier).days for earlier, later in pairwise(days))
