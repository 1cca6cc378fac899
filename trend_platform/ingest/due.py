"""Which instruments a tick is for: those whose market traded during the slot of time that has just ended.

Pure: instruments and an instant in, a list or a reason out. A market that stands still is not asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.instruments import Instrument
from trend_platform.errors import UsageError


@dataclass(frozen=True, slots=True)
class Due:
    """What a slot is for.

    Attributes:
        open: The instruments that are due, in the order given.
        closed: Per calendar that stood still, when it opens next, UTC; only calendars of instruments that were given.
    """

    open: tuple[Instrument, ...]
    closed: Mapping[str, datetime]


def slot_of(now: datetime, length: timedelta) -> datetime:
    """Return the start of the slot that holds `now`: slots of `length` are laid from 1970-01-01T00:00Z on.

    Raises:
        UsageError: `length` is not positive.
    """
    step = length // timedelta(microseconds=1)
    if step <= 0:
        raise UsageError(f"a slot must have a length above zero, found {length}")
    return from_us(to_us(now) // step * step)


def due(instruments: Sequence[Instrument], slot: datetime, length: timedelta) -> Due:
    """Return the instruments whose market was open at any instant of `[slot - length, slot]`, both ends included.

    The slot at a close is therefore still due: it brings the last price and the last candle of the session. An
    instrument that is not listed at `slot` is never due.

    Raises:
        UsageError: A calendar is not known, or not as far as `slot`.
    """
    calendars = {one.calendar: get_calendar(one.calendar) for one in instruments}
    trading = {name for name, calendar in calendars.items() if _traded(calendar, slot - length, slot)}
    return Due(
        tuple(one for one in instruments if one.calendar in trading and slot in one.lifetime),
        {name: calendar.next_open(slot) for name, calendar in calendars.items() if name not in trading},
    )


def describe(found: Due, now: datetime) -> str:
    """Return one sentence: how many are due, or why none is and when the first market opens."""
    if found.open:
        return f"{len(found.open)} due: {', '.join(sorted({one.calendar for one in found.open}))} traded"
    if not found.closed:
        return "nothing to refresh: no listed instrument is on a watchlist, in a portfolio or in the overview"
    opens = sorted(found.closed.items(), key=lambda item: (item[1], item[0]))
    return "closed: " + "; ".join(
        f"{name} opens {at.astimezone(UTC):%a %Y-%m-%d %H:%M} UTC, in {_in_words(at - now)}" for name, at in opens
    )


def _traded(calendar: TradingCalendar, start: datetime, end: datetime) -> bool:
    calendar.is_open(end)  # says so where the calendar is not known that far
    last = int(calendar.stretch_opens.searchsorted(to_us(end), side="right")) - 1
    return last >= 0 and bool(calendar.stretch_closes[last] > to_us(start))


def _in_words(span: timedelta) -> str:
    minutes = max(0, -(-int(span.total_seconds()) // 60))
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    words = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    return " ".join(words[:2]) or "0 min"
