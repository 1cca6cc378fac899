"""Trading calendars: which sessions a venue holds, and which candles they are made of.

exchange_calendars knows the venues; this module keeps its answer as sorted arrays of int64 microseconds, so that
questions on hot paths are binary searches. Daily and coarser candles are stamped at midnight UTC of their session's
date (a week by its Monday, a month by its first day) and mean those sessions; intraday candles are laid from each
open, after a lunch break anew: the first hour of New York is stamped 09:30, and the last one before a close is shorter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

Instants = NDArray[np.int64]
"""Sorted instants in microseconds since the Unix epoch, UTC."""

DAY_US = 86_400_000_000
_FIRST, _LAST = date(1962, 1, 2), date(2049, 12, 31)
_PERIOD_DAYS = {Timeframe.D1: 1, Timeframe.W1: 7, Timeframe.MO1: 31}


@dataclass(frozen=True, slots=True, eq=False)
class TradingCalendar:
    """The sessions of one venue between 1962 and 2049, or as far as exchange_calendars knows them.

    Nothing is expected outside of these years. `24/5` is Monday to Friday in UTC: the Sunday evening on which currencies
    start to trade is not in it, and holidays do not close it.

    Attributes:
        name: Its name in exchange_calendars, such as `XNYS` or `24/7`.
        timezone: IANA zone in which the venue counts its days.
        sessions: Midnight UTC of each session's date.
        opens: When each session opens.
        closes: When each session closes; half days and daylight saving time are in it.
        stretch_opens: When trading starts or resumes: `opens`, and the end of each lunch break.
        stretch_closes: When trading pauses or ends, one for each of `stretch_opens`.
        known_until: First instant of which it is not known whether the venue trades, in microseconds.
    """

    name: str
    timezone: str
    sessions: Instants
    opens: Instants
    closes: Instants
    stretch_opens: Instants
    stretch_closes: Instants
    known_until: int

    @property
    def always_open(self) -> bool:
        """Whether the venue never closes."""
        return self.name == "24/7"

    def is_session(self, day: date) -> bool:
        """Return whether the venue trades on `day`."""
        index = self._index_from(midnight(day))
        return index < len(self.sessions) and bool(self.sessions[index] == to_us(midnight(day)))

    def is_open(self, instant: datetime) -> bool:
        """Return whether the venue trades at `instant`; the instant of the close is no longer open.

        Raises:
            UsageError: `instant` lies beyond what is known of the venue.
        """
        at = self._known(instant)
        index = int(self.stretch_opens.searchsorted(at, side="right")) - 1
        return index >= 0 and bool(at < self.stretch_closes[index])

    def next_open(self, instant: datetime) -> datetime:
        """Return the first opening strictly after `instant`, of a session or after a lunch break.

        Raises:
            UsageError: `instant` lies beyond the last opening that is known.
        """
        index = int(self.stretch_opens.searchsorted(self._known(instant), side="right"))
        if index == len(self.stretch_opens):
            raise self._unknown(instant)
        return from_us(self.stretch_opens[index])

    def session_close(self, day: date) -> datetime:
        """Return when the session of `day` closes.

        Raises:
            UsageError: The venue does not trade on that day.
        """
        if not self.is_session(day):
            raise UsageError(
                f"{self.name} holds no session on {day}; the one before is {self.session_on_or_before(day)}"
            )
        return from_us(self.closes[self._index_from(midnight(day))])

    def session_on_or_before(self, day: date) -> date:
        """Return the last session's date that is not after `day`.

        Raises:
            UsageError: `day` lies before the first session that is known.
        """
        index = int(np.searchsorted(self.sessions, to_us(midnight(day)), side="right")) - 1
        if index < 0:
            raise UsageError(f"{self.name} is known from {from_us(self.sessions[0]).date()} on; asked for {day}")
        return from_us(self.sessions[index]).date()

    def sessions_in(self, interval: Interval) -> Instants:
        """Return the session stamps (midnight UTC) inside `interval`."""
        return self.sessions[self._index_from(interval.start) : self._index_from(interval.end)]

    def candle_opens(self, timeframe: Timeframe, interval: Interval) -> Instants:
        """Return the stamps of all candles that a complete series has in `interval`, ascending."""
        if timeframe.is_intraday:
            return self._intraday_opens(timeframe, interval)
        if timeframe is Timeframe.D1:
            return self.sessions_in(interval)
        start, end = to_us(interval.start), to_us(interval.end)
        # A period stamped just before the end may have its first session after it.
        first, last = self.sessions.searchsorted([start, end + _PERIOD_DAYS[timeframe] * DAY_US])
        periods = np.unique(_period_start(timeframe, self.sessions[first:last]))
        return periods[(periods >= start) & (periods < end)]

    def candle_closes(self, timeframe: Timeframe, opens: Instants) -> Instants:
        """Return when each candle stamped in `opens` is over: its own end or its session's, whichever is first.

        Stamps must be ones `candle_opens` gives.
        """
        if timeframe.is_intraday:
            step = int(timeframe.step / timedelta(microseconds=1))
            stretch = np.searchsorted(self.stretch_opens, opens, side="right") - 1
            return np.minimum(opens + step, self.stretch_closes[np.maximum(stretch, 0)])
        last_session = np.searchsorted(self.sessions, period_ends(timeframe, opens), side="left") - 1
        return self.closes[np.maximum(last_session, 0)]

    def closed_until(self, timeframe: Timeframe, now: datetime) -> datetime:
        """Return the stamp before which every candle is over at `now`: where the settled part of a series ends.

        Raises:
            UsageError: `now` lies beyond what is known of the venue.
        """
        reach = timedelta(days=2 + _PERIOD_DAYS.get(timeframe, 0))
        horizon = Interval(now - reach, now + timedelta(days=1))
        self._known(horizon.end)
        opens = self.candle_opens(timeframe, horizon)
        forming = opens[self.candle_closes(timeframe, opens) > to_us(now)]
        return from_us(forming[0]) if len(forming) else horizon.end

    def begun_until(self, timeframe: Timeframe, now: datetime) -> datetime:
        """Return the stamp before which every candle has begun at `now`; a daily one begins with its session's open."""
        if timeframe is not Timeframe.D1:
            return now
        return from_us(self.sessions[int(np.searchsorted(self.opens, to_us(now), side="right"))])

    def _known(self, instant: datetime) -> int:
        at = to_us(instant)
        if at >= self.known_until:
            raise self._unknown(instant)
        return at

    def _unknown(self, instant: datetime) -> UsageError:
        last = from_us(self.sessions[-1]).date()
        return UsageError(
            f"{self.name} is known up to {last}, asked for {instant}: a newer exchange_calendars may know"
        )

    def _index_from(self, instant: datetime) -> int:
        return int(np.searchsorted(self.sessions, to_us(instant), side="left"))

    def _intraday_opens(self, timeframe: Timeframe, interval: Interval) -> Instants:
        step = int(timeframe.step / timedelta(microseconds=1))
        start, end = to_us(interval.start), to_us(interval.end)
        first = int(np.searchsorted(self.stretch_closes, start, side="right"))
        last = int(np.searchsorted(self.stretch_opens, end, side="left"))
        opens = self.stretch_opens[first:last]
        counts = -(-(self.stretch_closes[first:last] - opens) // step)
        nth = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        stamps: Instants = np.repeat(opens, counts) + nth * step
        return stamps[(stamps >= start) & (stamps < end)]


@cache
def get_calendar(name: str) -> TradingCalendar:
    """Return the calendar of that name, built once per process (about 0.1 s, after a 0.5 s import).

    Raises:
        UsageError: exchange_calendars knows no such venue, or cannot compute it.
    """
    if name == "24/7":
        days = np.arange(np.datetime64(_FIRST), np.datetime64(_LAST) + 1)
        opens, closes, until = _instants(days), _instants(days + 1), to_us(midnight(_LAST)) + DAY_US
        return TradingCalendar(name, "UTC", opens, opens, closes, opens, closes, until)
    import exchange_calendars  # noqa: PLC0415  half a second that `trend --help` must not pay

    try:
        venue, last = _build_venue(exchange_calendars.get_calendar, name)
    except exchange_calendars.errors.InvalidCalendarName:
        raise UsageError(f"{name!r} is no trading calendar; use one like XNYS, XLON, 24/5 or 24/7") from None
    except (ValueError, NotImplementedError) as error:
        raise UsageError(
            f"exchange_calendars cannot compute {name} ({type(error).__name__}); use another one"
        ) from error
    breaks = venue.schedule[["break_start", "break_end"]].dropna()
    return TradingCalendar(
        name,
        str(venue.tz),
        sessions=_instants(venue.sessions),
        opens=_instants(venue.opens),
        closes=_instants(venue.closes),
        stretch_opens=_instants(venue.opens, breaks["break_end"]),
        stretch_closes=_instants(venue.closes, breaks["break_start"]),
        known_until=to_us(midnight(last)) + DAY_US,
    )


def _build_venue(build: Callable[..., ExchangeCalendar], name: str) -> tuple[ExchangeCalendar, date]:
    # Some venues' holidays are not recorded for all of the years; once built for any, they tell for which.
    try:
        return build(name, start=_FIRST.isoformat(), end=_LAST.isoformat()), _LAST
    except ValueError:
        known = build(name)
        first = max(_FIRST, known.bound_min().date()) if known.bound_min() else _FIRST
        last = min(_LAST, known.bound_max().date()) if known.bound_max() else _LAST
        return build(name, start=first.isoformat(), end=last.isoformat()), last


def _instants(*columns: ArrayLike) -> Instants:
    merged = np.sort(np.concatenate([np.asarray(column, dtype="datetime64[us]") for column in columns]))
    instants: Instants = merged.astype(np.int64)
    instants.setflags(write=False)
    return instants


def to_us(instant: datetime) -> int:
    """Return microseconds since the Unix epoch, exactly."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_us(microseconds: int | np.int64) -> datetime:
    """Return the UTC instant of microseconds since the Unix epoch, exactly."""
    return _EPOCH + timedelta(microseconds=int(microseconds))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _period_start(timeframe: Timeframe, stamps: Instants) -> Instants:
    if timeframe is Timeframe.W1:
        # The Unix epoch is a Thursday: three days after a Monday.
        return (stamps + 3 * DAY_US) // (7 * DAY_US) * (7 * DAY_US) - 3 * DAY_US
    if timeframe is Timeframe.MO1:
        months = stamps.astype("datetime64[us]").astype("datetime64[M]")
        return months.astype("datetime64[us]").astype(np.int64)
    return stamps


def period_ends(timeframe: Timeframe, starts: Instants) -> Instants:
    """Return the midnight with which each day, week or month ends that begins with a stamp of `starts`."""
    if timeframe is Timeframe.W1:
        return starts + 7 * DAY_US
    if timeframe is Timeframe.MO1:
        months = starts.astype("datetime64[us]").astype("datetime64[M]") + 1
        return months.astype("datetime64[us]").astype(np.int64)
    return starts + DAY_US
