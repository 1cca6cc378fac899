"""Which sessions have ended: whose candles are complete now, and of which days they are. Pure.

A venue that never closes ends a session each midnight UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.instruments import Instrument

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Closing:
    """Sessions of one calendar that have ended.

    Attributes:
        calendar: Its name.
        instruments: Whose sessions.
        closed_at: When the last of them ended.
        first_day: The UTC day on which the session before the first of them began: what was not settled then is looked
            at once more.
        last_day: The UTC day on which the last of them ended.
    """

    calendar: str
    instruments: tuple[Instrument, ...]
    closed_at: datetime
    first_day: date
    last_day: date


def closings(instruments: Sequence[Instrument], since: datetime, until: datetime) -> tuple[Closing, ...]:
    """Return the sessions of the instruments' calendars that ended in `(since, until]`, by calendar.

    Raises:
        UsageError: A calendar is not known.
    """
    names = sorted({one.calendar for one in instruments})
    found = (_closing(name, instruments, since, until) for name in names)
    return tuple(one for one in found if one is not None)


def next_closing(instruments: Sequence[Instrument], after: datetime) -> tuple[datetime, str] | None:
    """Return when the next session of the instruments' calendars ends, and which calendar's it is."""
    calendars = [get_calendar(name) for name in sorted({one.calendar for one in instruments})]
    coming = [
        (from_us(one.closes[at]), one.name)
        for one in calendars
        if (at := int(one.closes.searchsorted(to_us(after), side="right"))) < len(one.closes)
    ]
    return min(coming, default=None)


def _closing(name: str, instruments: Sequence[Instrument], since: datetime, until: datetime) -> Closing | None:
    calendar = get_calendar(name)
    first, last = (int(one) for one in calendar.closes.searchsorted([to_us(since), to_us(until)], side="right"))
    if first == last:
        return None
    mine = tuple(one for one in instruments if one.calendar == name)
    closed_at = from_us(calendar.closes[last - 1])
    return Closing(name, mine, closed_at, _opening_day(calendar, first - 1), (closed_at - _TICK).date())


def _opening_day(calendar: TradingCalendar, session: int) -> date:
    return from_us(calendar.opens[max(0, session)]).date()
