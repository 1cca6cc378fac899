"""What of the simulated market is asked again and again while it happens: the sessions of now, kept, and the last trade.

Whole sessions are kept, future minutes included; what of them has happened is decided by whoever asks, with the time.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar
from trend_platform.domain.intervals import Interval
from trend_platform.providers.simulated.daily import close_before, daily_frame, path_to_anchor, splits_on
from trend_platform.providers.simulated.intraday import MINUTE_US, minute_frame
from trend_platform.providers.simulated.profiles import Profile
from trend_platform.providers.simulated.randomness import Floats, Ints

_SECOND_US = 1_000_000
# A share's session takes about 30 kB, a coin's day 100 kB.
_MOST_SESSIONS = 1200


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One session, whole.

    Attributes:
        minutes: As `intraday.minute_frame` returns them.
        opened_at: The minutes' stamps, microseconds.
        closes: The minutes' closes.
        sizes: The mean size of each minute's trades.
        previous_close: The close of the session before, in this one's shares; `None` on the first day of a listing.
    """

    minutes: pl.DataFrame
    opened_at: Ints
    closes: Floats
    sizes: Floats
    previous_close: float | None


@dataclass(frozen=True, slots=True)
class LastTrade:
    """The last trade before an instant.

    Attributes:
        traded_at: The second in which it happened, microseconds since the epoch.
        price: Its price: the close of the minute it belongs to.
        size: How much was traded.
        previous_close: The close of the session before the trade's, in this one's shares.
    """

    traded_at: int
    price: float
    size: float
    previous_close: float | None


@lru_cache(maxsize=_MOST_SESSIONS)
def session_of(profile: Profile, calendar_name: str, stamp: int) -> Session:
    """Return the session stamped `stamp` (midnight UTC of its date, microseconds)."""
    calendar = get_calendar(calendar_name)
    place = int(np.searchsorted(calendar.sessions, stamp))
    before = int(calendar.sessions[max(place - 1, 0)])
    path = path_to_anchor(profile, calendar, Interval(from_us(before), from_us(stamp + 1)))
    splits = splits_on(profile, path)
    minutes = minute_frame(profile, calendar, daily_frame(profile, path.within(stamp, stamp + 1), splits))
    lately = path.within(min(before, stamp), stamp + 1)
    is_first = profile.listed_on is not None and from_us(before).date() < profile.listed_on
    volume, trades = minutes["volume"].to_numpy(), minutes["trade_count"].to_numpy()
    return Session(
        minutes,
        minutes["opened_at"].to_numpy(),
        minutes["close"].to_numpy(),
        np.round(volume / np.maximum(trades, 1), profile.volume_decimals),
        None if is_first else close_before(profile, lately, splits, stamp),
    )


def last_trade(profile: Profile, calendar: TradingCalendar, now: int) -> LastTrade | None:
    """Return the last trade before `now` (microseconds), `None` if there was none yet.

    While the market is open there is one in every second; afterwards it is the last second's before the close.
    """
    place = int(calendar.opens.searchsorted(now)) - 1
    if place < 0:
        return None
    stamp = int(calendar.sessions[place])
    if profile.listed_on is not None and from_us(stamp).date() < profile.listed_on:
        return None
    session = session_of(profile, calendar.name, stamp)
    minute = int(session.opened_at.searchsorted(now)) - 1
    last = min(now, int(session.opened_at[minute]) + MINUTE_US) - 1
    return LastTrade(
        last // _SECOND_US * _SECOND_US,
        float(session.closes[minute]),
        float(session.sizes[minute]),
        session.previous_close,
    )
