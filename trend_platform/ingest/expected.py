"""What should be there by now: the latest price and the newest candles that a market's hours and a provider's habits promise.

Pure. A closed market promises nothing new; a candle is promised once the loop that asks for it has had its chances.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trend_platform.domain.calendars import TradingCalendar, from_us, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

# The longest a venue known to exchange_calendars has been closed in a row, and then some.
_LONGEST_CLOSURE = timedelta(days=40)
_ONE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FreshnessLimits:
    """How late things may be before they count as stale.

    Attributes:
        price: How old the newest price may be while its market is open: some missed minutes.
        closing: How long before a market's close its last price may be.
        hour: How long after it began an hour may be without a row: two missed ticks.
        final_hour: How long after its close an hour may be forming with a provider that settles at once.
        settled_hour: The same with one that settles later, on top of that: the nightly upkeep asks again.
        day: How long after its session's close a day's candle may be missing: the evening's run and the night's upkeep.
        round_the_clock: The same for markets that never close, whose day ends apart from those runs.
    """

    price: timedelta = timedelta(seconds=180)
    closing: timedelta = timedelta(seconds=60)
    hour: timedelta = timedelta(minutes=25)
    final_hour: timedelta = timedelta(minutes=15)
    settled_hour: timedelta = timedelta(hours=12)
    day: timedelta = timedelta(hours=16)
    round_the_clock: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Habits:
    """How the provider that serves a series goes about candles.

    Attributes:
        settles_after: How long after its close a candle is final.
        serves_forming: Whether it gives the candle that is still forming.
    """

    settles_after: timedelta = timedelta(0)
    serves_forming: bool = True


@dataclass(frozen=True, slots=True)
class Promise:
    """The candles that should be there.

    Attributes:
        stored: Stamp of the newest one that should have a row; `None` if none should.
        final: Stamp of the newest one that should be final; `None` if none should. Never after `stored`.
    """

    stored: datetime | None
    final: datetime | None


def price_expected(calendar: TradingCalendar, now: datetime, limits: FreshnessLimits) -> datetime | None:
    """Return the time that the newest price should have at least, `None` before the first session.

    While the market has been open long enough that is a moment ago, else the last minute before its last close, be it the
    evening's, a half day's or the one before a lunch break.
    """
    look = now - limits.price
    index = int(calendar.stretch_opens.searchsorted(to_us(look), side="right")) - 1
    if index < 0:
        return None
    close = from_us(calendar.stretch_closes[index])
    return look if look < close else close - limits.closing


def hours_promised(calendar: TradingCalendar, now: datetime, habits: Habits, limits: FreshnessLimits) -> Promise:
    """Return which hourly candles of the 1D chart should be there."""
    wait = limits.settled_hour if habits.settles_after else limits.final_hour
    final = _last_over(calendar, Timeframe.H1, now - habits.settles_after - wait)
    if not habits.serves_forming:
        return Promise(final, final)
    return Promise(_last_begun(calendar, Timeframe.H1, now - limits.hour), final)


def days_promised(calendar: TradingCalendar, now: datetime, habits: Habits, limits: FreshnessLimits) -> Promise:
    """Return which daily candles should be there: sessions that ended long enough ago."""
    wait = limits.round_the_clock if calendar.always_open else limits.day
    last = _last_over(calendar, Timeframe.D1, now - habits.settles_after - wait)
    return Promise(last, last)


def _last_begun(calendar: TradingCalendar, timeframe: Timeframe, at: datetime) -> datetime | None:
    opens = calendar.candle_opens(timeframe, Interval(at - _LONGEST_CLOSURE, at + _ONE))
    return from_us(opens[-1]) if len(opens) else None


def _last_over(calendar: TradingCalendar, timeframe: Timeframe, at: datetime) -> datetime | None:
    opens = calendar.candle_opens(timeframe, Interval(at - _LONGEST_CLOSURE, at + _ONE))
    over = opens[calendar.candle_closes(timeframe, opens) <= to_us(at)]
    return from_us(over[-1]) if len(over) else None
