"""The columns that row rules need beside a candle's own: what is known of its instrument and its calendar.

Everything is worked out once per series and laid along its rows, so that the rules are plain comparisons.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.calendars import Instants, TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.candles import CANDLE_KEY, INSTANT
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.shifts import shift_of
from trend_platform.quality.verdict import Surroundings

_MAY_BE_NEGATIVE = frozenset({AssetClass.COMMODITY})
_HAS_VOLUME = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.CRYPTO})


@dataclass(frozen=True, slots=True)
class _Known:
    # What holds for every candle of one instrument; instants in microseconds.
    is_asked: bool = False
    calendar: str = ""
    begun_until: int = np.iinfo(np.int64).max
    life_start: int = np.iinfo(np.int64).min
    life_end: int = np.iinfo(np.int64).max
    may_be_negative: bool = True
    has_volume: bool = False


_STRANGER = _Known()


def ordered(candles: pl.DataFrame) -> pl.DataFrame:
    """Return the rows sorted by key; rows with the same key keep their order, and a sorted frame is not copied."""
    ids, stamps = candles["instrument_id"].to_numpy(), stamps_of(candles)
    same = ids[1:] == ids[:-1]
    if candles["timeframe"].n_unique() == 1 and not (
        (ids[1:] < ids[:-1]).any() or (same & (stamps[1:] < stamps[:-1])).any()
    ):
        return candles
    return candles.sort(CANDLE_KEY, maintain_order=True)


def stamps_of(candles: pl.DataFrame) -> Instants:
    """Return `opened_at` as microseconds; a null becomes an instant no calendar knows."""
    stamps: Instants = candles["opened_at"].to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()
    return stamps


def repeats_key(candles: pl.DataFrame) -> NDArray[np.bool_]:
    """Return for each row of a sorted frame of one timeframe whether the row before it has the same key."""
    ids, stamps = candles["instrument_id"].to_numpy(), stamps_of(candles)
    repeated = np.zeros(len(ids), dtype=np.bool_)
    repeated[1:] = (ids[1:] == ids[:-1]) & (stamps[1:] == stamps[:-1])
    return repeated


def series_bounds(ids: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where each run of equal ids starts, and the length of all as the last element."""
    changes = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    return np.concatenate(([0], changes, [len(ids)])).astype(np.int64)


def prepared(candles: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    """Return sorted candles with the columns the row rules read.

    Added: `is_asked`, `is_on_calendar`, `may_be_negative`, `has_volume`, `tells_volume` (bool), `calendar` (str),
    `begun_until`, `life_start`, `life_end` (instants; the last is exclusive), `late_by` (duration, null where the series as
    a whole is stamped right).
    """
    ids = candles["instrument_id"].fill_null(-1).to_numpy()
    bounds = series_bounds(ids)
    lengths = np.diff(bounds)
    known = [_known(surroundings, int(one)) for one in ids[bounds[:-1]]]
    is_timeframe = (candles["timeframe"] == surroundings.timeframe.value).fill_null(value=False).to_numpy()
    names = np.array([one.calendar for one in known], dtype=object)
    stamps = stamps_of(candles)
    is_on = _on_calendars(names, lengths, stamps, surroundings.timeframe)
    tells_volume = np.logical_or.reduceat(candles["volume"].is_not_null().to_numpy(), bounds[:-1])
    return candles.with_columns(
        pl.Series("is_asked", np.repeat([one.is_asked for one in known], lengths) & is_timeframe),
        pl.Series("is_on_calendar", is_on),
        pl.Series("tells_volume", np.repeat(tells_volume, lengths)),
        _late_by(names, bounds, stamps, is_on, surroundings.timeframe),
        pl.Series("may_be_negative", np.repeat([one.may_be_negative for one in known], lengths)),
        pl.Series("has_volume", np.repeat([one.has_volume for one in known], lengths)),
        _calendar_column(names, lengths),
        *(
            pl.Series(name, np.repeat(np.array([getattr(one, name) for one in known], dtype=np.int64), lengths)).cast(
                INSTANT
            )
            for name in ("begun_until", "life_start", "life_end")
        ),
    )


def on_calendar(calendar: TradingCalendar, timeframe: Timeframe, stamps: Instants) -> NDArray[np.bool_]:
    """Return for each stamp, in microseconds and in any order, whether a candle of the calendar opens there."""
    if timeframe.is_intraday:
        step = timeframe.step // timedelta(microseconds=1)
        stretch = np.searchsorted(calendar.stretch_opens, stamps, side="right") - 1
        since_open = stamps - calendar.stretch_opens[stretch]
        begins: NDArray[np.bool_] = (
            (stretch >= 0) & (stamps < calendar.stretch_closes[stretch]) & (since_open % step == 0)
        )
        return begins
    opens = _coarse_opens(calendar, timeframe, stamps)
    if not len(opens):
        return np.zeros(len(stamps), dtype=np.bool_)
    nearest: NDArray[np.bool_] = opens[np.searchsorted(opens, stamps).clip(max=len(opens) - 1)] == stamps
    return nearest


def _coarse_opens(calendar: TradingCalendar, timeframe: Timeframe, stamps: Instants) -> Instants:
    first, last = int(calendar.sessions[0]), int(calendar.sessions[-1])
    inside = stamps.clip(first, last)
    hull = Interval(from_us(inside.min()), from_us(inside.max()) + timedelta(days=1))
    return calendar.candle_opens(timeframe, hull)


def _known(surroundings: Surroundings, instrument_id: int) -> _Known:
    instrument = surroundings.instruments.get(instrument_id)
    if instrument is None:
        return _STRANGER
    calendar = get_calendar(instrument.calendar)
    life_start, life_end = _life(instrument, calendar, surroundings.timeframe)
    return _Known(
        is_asked=True,
        calendar=instrument.calendar,
        begun_until=_begun_until(calendar, surroundings.timeframe, surroundings.now),
        life_start=life_start,
        life_end=life_end,
        may_be_negative=instrument.asset_class in _MAY_BE_NEGATIVE,
        has_volume=instrument.asset_class in _HAS_VOLUME,
    )


def _begun_until(calendar: TradingCalendar, timeframe: Timeframe, now: datetime) -> int:
    # Before the open a provider may show today's forming daily candle already: what is stamped by now is no future.
    by_now = to_us(now) + 1
    return by_now if timeframe.is_intraday else max(by_now, to_us(calendar.begun_until(Timeframe.D1, now)))


def _life(instrument: Instrument, calendar: TradingCalendar, timeframe: Timeframe) -> tuple[int, int]:
    # A venue east of Greenwich opens on the day before by UTC; a week or month begins before a listing inside of it.
    start, end = instrument.lifetime.start, instrument.lifetime.end
    if timeframe is Timeframe.W1:
        start -= timedelta(days=start.weekday())
    elif timeframe is Timeframe.MO1:
        start = start.replace(day=1)
    elif timeframe.is_intraday:
        return _opening(calendar, to_us(start)), _opening(calendar, to_us(end))
    return to_us(start), to_us(end)


def _opening(calendar: TradingCalendar, day: int) -> int:
    index = int(np.searchsorted(calendar.sessions, day))
    return int(calendar.opens[index]) if index < len(calendar.sessions) else day


def _on_calendars(
    names: NDArray[np.object_], lengths: NDArray[np.int64], stamps: Instants, timeframe: Timeframe
) -> NDArray[np.bool_]:
    distinct = sorted(set(names))
    if len(distinct) == 1 and distinct[0]:
        return on_calendar(get_calendar(distinct[0]), timeframe, stamps)
    found = np.zeros(len(stamps), dtype=np.bool_)
    for name in filter(None, distinct):
        rows = np.repeat(names == name, lengths)
        found[rows] = on_calendar(get_calendar(name), timeframe, stamps[rows])
    return found


def _late_by(
    names: NDArray[np.object_],
    bounds: NDArray[np.int64],
    stamps: Instants,
    is_on: NDArray[np.bool_],
    timeframe: Timeframe,
) -> pl.Series:
    late = np.zeros(len(stamps), dtype=np.int64)
    for series in np.unique(np.searchsorted(bounds, np.flatnonzero(~is_on), side="right") - 1).tolist():
        rows = slice(int(bounds[series]), int(bounds[series + 1]))
        is_told = stamps[rows] > np.iinfo(np.int64).min
        if names[series] and is_told.all():
            opens_at = partial(on_calendar, get_calendar(names[series]), timeframe)
            late[rows] = shift_of(opens_at, timeframe, stamps[rows], is_on[rows])
    return pl.Series("late_by", late).replace(0, None).cast(pl.Duration("us"))


def _calendar_column(names: NDArray[np.object_], lengths: NDArray[np.int64]) -> pl.Series:
    distinct = sorted(set(names))
    codes = np.repeat([distinct.index(name) for name in names], lengths)
    return pl.Series("calendar", distinct, dtype=pl.String).gather(codes)
