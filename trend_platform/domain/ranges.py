"""Named trailing windows: what `1Y` means on a given day."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans, midnight
from trend_platform.errors import UsageError


class Range(StrEnum):
    """A named trailing window, from the shortest to everything there is."""

    D1 = "1D"
    D7 = "7D"
    M1 = "1M"
    M3 = "3M"
    M6 = "6M"
    YTD = "YTD"
    Y1 = "1Y"
    Y3 = "3Y"
    Y5 = "5Y"
    MAX = "MAX"


HISTORICAL_RANGES = tuple(range_ for range_ in Range if range_ is not Range.D1)
"""The nine ranges kept as daily candles, in partition order; `1D` is the hourly chart of the current session."""

_MONTHS = {Range.M1: 1, Range.M3: 3, Range.M6: 6, Range.Y1: 12, Range.Y3: 36, Range.Y5: 60}
_DAYS = {Range.D1: 1, Range.D7: 7}


def parse_range(text: str) -> Range:
    """Read a range as people type it, such as `5y`.

    Raises:
        UsageError: `text` is no known range.
    """
    try:
        return Range(text.strip().upper())
    except ValueError:
        raise UsageError(f"{text!r} is no range; known: {' '.join(Range)}") from None


def range_window(range_: Range, as_of: date) -> Interval:
    """Return the days a range means on `as_of`, which is its last day.

    A range of N days, months or years is exactly that long and ends with `as_of`: 5Y on 2018-02-07 starts on
    2013-02-08. `YTD` starts on 1 January. `MAX` starts on the first day any series here can have.
    """
    after = as_of + timedelta(days=1)
    if range_ is Range.MAX:
        return Interval(midnight(min(date(1962, 1, 2), after)), midnight(after))
    if range_ is Range.YTD:
        return Interval(midnight(date(as_of.year, 1, 1)), midnight(after))
    if range_ in _DAYS:
        return Interval(midnight(after - timedelta(days=_DAYS[range_])), midnight(after))
    return Interval(midnight(months_before(after, _MONTHS[range_])), midnight(after))


def wanted_days(ranges: Iterable[Range], instrument: Instrument, as_of: date) -> Spans:
    """Return the union of `ranges` for one instrument, within its lifetime."""
    return Spans.of(range_window(range_, as_of) & instrument.lifetime for range_ in ranges)


def months_before(day: date, months: int) -> date:
    """Return the same day of the month `months` earlier, the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
