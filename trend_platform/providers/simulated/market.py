"""The simulated market: candles and splits of any symbol, the same for a seed on every machine.

Frames hold `opened_at` (microseconds, i64), open, high, low, close, volume, vwap, trade_count, sorted by stamp. Nothing
here knows of requests, pages or faults.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.simulated.daily import (
    Path,
    Split,
    daily_frame,
    path_to_anchor,
    splits_on,
)
from trend_platform.providers.simulated.intraday import (
    COLUMNS,
    candles_of,
    minute_frame,
    traded_by,
    whole_sessions,
)
from trend_platform.providers.simulated.lately import session_of
from trend_platform.providers.simulated.profiles import Profile, profile_of
from trend_platform.providers.simulated.randomness import Ints

# A day's chart of a market that never closes begins in the session before.
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Listing:
    """What the market must be told of an instrument to trade it.

    Attributes:
        symbol: Canonical symbol.
        asset_class: Its kind; one of `profiles.SIMULATED_CLASSES`.
        calendar: Name of its trading calendar.
    """

    symbol: str
    asset_class: AssetClass
    calendar: str


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """All symbols of one seed.

    Attributes:
        seed: The same seed gives the same market.
    """

    seed: int

    def listed_on(self, listing: Listing) -> date | None:
        """Return the first trading day, `None` if it reaches back to the beginning of its calendar."""
        return self._profile(listing).listed_on

    def candles(self, listing: Listing, timeframe: Timeframe, interval: Interval, now: datetime) -> pl.DataFrame:
        """Return the candles stamped in `interval` that have begun by `now`; the last one may still be forming."""
        calendar, profile = get_calendar(listing.calendar), self._profile(listing)
        begun = self._begun(profile, interval, now)
        start, end = (
            whole_sessions(calendar, begun) if timeframe.is_intraday else (to_us(begun.start), to_us(begun.end))
        )
        if start >= end:
            return _no_candles()
        if timeframe.is_intraday:
            minutes = self._minutes(profile, calendar, (start, end), to_us(now))
            made = candles_of(traded_by(minutes, to_us(now)), calendar, timeframe)
        else:
            made = self._with_running_session(profile, calendar, self._sessions(profile, calendar, start, end), now)
        first, last = np.searchsorted(made["opened_at"].to_numpy(), (to_us(interval.start), to_us(interval.end)))
        return made.slice(first, last - first)

    def stamps(self, listing: Listing, timeframe: Timeframe, interval: Interval, now: datetime) -> Ints:
        """Return the stamps of the candles that `candles` would return, without making them."""
        calendar = get_calendar(listing.calendar)
        begun = self._begun(self._profile(listing), interval, now)
        stamps = calendar.candle_opens(timeframe, begun)
        return stamps[stamps < to_us(calendar.begun_until(timeframe, now))]

    def splits(self, listing: Listing, interval: Interval, now: datetime) -> tuple[Split, ...]:
        """Return the splits whose first session lies in `interval` and has begun by `now`, oldest first."""
        calendar, profile = get_calendar(listing.calendar), self._profile(listing)
        begun = self._begun(profile, interval, now)
        before = int(np.searchsorted(calendar.sessions, to_us(begun.start))) - 1
        first = from_us(calendar.sessions[max(before, 0)])
        path = path_to_anchor(profile, calendar, Interval(first, max(first, begun.end)))
        held = (begun.start.date(), begun.end)
        return tuple(
            split for split in splits_on(profile, path) if held[0] <= split.ex_date and _stamp(split) < to_us(held[1])
        )

    def _profile(self, listing: Listing) -> Profile:
        return profile_of(self.seed, listing.symbol, listing.asset_class)

    @staticmethod
    def _begun(profile: Profile, interval: Interval, now: datetime) -> Interval:
        start = interval.start
        if profile.listed_on is not None:
            start = max(start, from_us(_day_us(profile.listed_on)))
        return Interval(start, max(start, min(interval.end, now)))

    @classmethod
    def _minutes(cls, profile: Profile, calendar: TradingCalendar, bounds: tuple[int, int], now: int) -> pl.DataFrame:
        # The sessions of now are asked every few minutes and kept; older ones are asked once.
        stamps = calendar.sessions[slice(*calendar.sessions.searchsorted(bounds))]
        begun = int(calendar.opens.searchsorted(now))
        if len(stamps) > _KEPT or stamps[0] < calendar.sessions[max(begun - _KEPT, 0)]:
            return minute_frame(profile, calendar, cls._sessions(profile, calendar, *bounds))
        frames = [session_of(profile, calendar.name, int(stamp)).minutes for stamp in stamps]
        return frames[0] if len(frames) == 1 else pl.concat(frames)

    @staticmethod
    def _sessions(profile: Profile, calendar: TradingCalendar, start: int, end: int) -> pl.DataFrame:
        path = path_to_anchor(profile, calendar, Interval(from_us(start), from_us(end)))
        splits = splits_on(profile, path)
        part: Path = path.within(start, end)
        return daily_frame(profile, part, splits)

    @staticmethod
    def _with_running_session(
        profile: Profile, calendar: TradingCalendar, daily: pl.DataFrame, now: datetime
    ) -> pl.DataFrame:
        closes = calendar.candle_closes(Timeframe.D1, daily["opened_at"].to_numpy())
        over, running = daily.head(count := int(np.searchsorted(closes, to_us(now), side="right"))), daily.slice(count)
        if running.is_empty():
            return over
        minutes = traded_by(minute_frame(profile, calendar, running), to_us(now))
        return pl.concat([over, candles_of(minutes, calendar, Timeframe.D1)])


def _day_us(day: date) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def _stamp(split: Split) -> int:
    return _day_us(split.ex_date)


def _no_candles() -> pl.DataFrame:
    return pl.DataFrame(schema={name: _dtype(name) for name in COLUMNS})


def _dtype(name: str) -> pl.DataType:
    return pl.Int64() if name in {"opened_at", "trade_count", "session"} else pl.Float64()
