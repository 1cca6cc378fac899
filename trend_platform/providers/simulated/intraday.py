"""The inside of simulated sessions: minutes that begin at the day's open, touch its high and low and end at its close.

Every intraday candle is made of the same minutes, so all timeframes agree with each other and with the daily candle.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, from_us, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.simulated.daily import ticks
from trend_platform.providers.simulated.profiles import Profile
from trend_platform.providers.simulated.randomness import (
    Floats,
    Ints,
    bell_at,
    stream_key,
    uniform_at,
    whole_bell_at,
)

MINUTE_US = 60_000_000
COLUMNS: Sequence[str] = ("opened_at", "open", "high", "low", "close", "volume", "vwap", "trade_count")
"""What every frame of the simulated market holds, in this order."""

_BELL = 37_837.2
_LEAST_SPREAD = 1e-9


def minute_frame(profile: Profile, calendar: TradingCalendar, daily: pl.DataFrame) -> pl.DataFrame:
    """Return the minutes of whole sessions, given their daily candles.

    Columns as `daily.daily_frame` plus `session` (i64, the daily stamp). Opens, closes, extremes and summed volumes of
    a session's minutes are exactly those of its daily candle.
    """
    place = np.searchsorted(calendar.sessions, daily["opened_at"].to_numpy())
    span = Interval(from_us(calendar.opens[place[0]]), from_us(calendar.closes[place[-1]]))
    opened_at = calendar.candle_opens(Timeframe.M1, span)
    counts = np.bincount(np.searchsorted(calendar.opens, opened_at, side="right") - 1 - place[0], minlength=len(place))
    nth = np.arange(len(opened_at)) - np.repeat(np.cumsum(counts) - counts, counts)
    day = {name: np.repeat(daily[name].to_numpy(), counts) for name in daily.columns}
    length = np.repeat(counts, counts)
    closes = _closes(profile, opened_at // MINUTE_US, nth, length, day)
    opens = np.where(nth == 0, day["open"], np.roll(closes, 1))
    highs, lows = _extremes(profile, opened_at // MINUTE_US, opens, closes, day)
    starts = np.cumsum(counts) - counts
    highs = np.where(highs == np.repeat(np.maximum.reduceat(highs, starts), counts), day["high"], highs)
    lows = np.where(lows == np.repeat(np.minimum.reduceat(lows, starts), counts), day["low"], lows)
    shares = _shares(profile, opened_at // MINUTE_US, nth, length, starts, counts)
    prices = {"open": opens, "high": highs, "low": lows, "close": closes}
    return pl.DataFrame(
        {
            "opened_at": opened_at,
            **prices,
            "volume": _portions(day["volume"], shares, nth, profile.volume_decimals),
            "vwap": np.round(sum(prices.values()) / 4, profile.decimals + 2),
            "trade_count": _portions(day["trade_count"].astype(np.float64), shares, nth, 0).astype(np.int64),
            "session": day["opened_at"],
        }
    )


def traded_by(minutes: pl.DataFrame, now: int) -> pl.DataFrame:
    """Return what of `minutes` has happened at `now` (microseconds): the running minute as far as it has come."""
    begun = minutes.head(int(np.searchsorted(minutes["opened_at"].to_numpy(), now)))
    if begun.is_empty() or now - begun["opened_at"][-1] >= MINUTE_US:
        return begun
    high, low, volume = (begun[name].to_numpy().copy() for name in ("high", "low", "volume"))
    opened, closed = begun["open"][-1], begun["close"][-1]
    high[-1], low[-1] = max(opened, closed), min(opened, closed)
    volume[-1] = volume[-1] * (now - begun["opened_at"][-1]) // MINUTE_US
    for name, values in (("high", high), ("low", low), ("volume", volume)):
        begun.replace_column(begun.get_column_index(name), pl.Series(name, values))
    return begun


def candles_of(minutes: pl.DataFrame, calendar: TradingCalendar, timeframe: Timeframe) -> pl.DataFrame:
    """Return the candles of an intraday timeframe or of whole sessions (`1d`) that `minutes` add up to."""
    if minutes.is_empty():
        return minutes.drop("session")
    # Hundreds of symbols are asked at a time, and sums over parts of arrays cost less than a grouping of each.
    stamps = _stamps(minutes, calendar, timeframe)
    starts = np.flatnonzero(np.diff(stamps, prepend=stamps[0] - 1))
    column = {name: minutes[name].to_numpy() for name in COLUMNS[1:]}
    volume = np.add.reduceat(column["volume"], starts)
    return pl.DataFrame(
        {
            "opened_at": stamps[starts],
            "open": column["open"][starts],
            "high": np.maximum.reduceat(column["high"], starts),
            "low": np.minimum.reduceat(column["low"], starts),
            "close": column["close"][np.append(starts[1:], len(stamps)) - 1],
            "volume": np.round(volume, 4),
            "vwap": np.round(_mean_prices(column["vwap"], column["volume"], volume, starts), 6),
            "trade_count": np.add.reduceat(column["trade_count"], starts),
        }
    )


def _mean_prices(vwap: Floats, volume: Floats, volumes: Floats, starts: Ints) -> Floats:
    plain = np.add.reduceat(vwap, starts) / np.diff(starts, append=len(vwap))
    weighted = np.add.reduceat(vwap * volume, starts) / np.where(volumes > 0, volumes, 1.0)
    means: Floats = np.where(volumes > 0, weighted, plain)
    return means


def _stamps(minutes: pl.DataFrame, calendar: TradingCalendar, timeframe: Timeframe) -> Ints:
    if not timeframe.is_intraday:
        return minutes["session"].to_numpy()
    opened_at = minutes["opened_at"].to_numpy()
    span = Interval(from_us(opened_at[0]), from_us(opened_at[-1] + 1))
    opens = calendar.candle_opens(timeframe, span)
    return opens[np.searchsorted(opens, opened_at, side="right") - 1]


def whole_sessions(calendar: TradingCalendar, interval: Interval) -> tuple[int, int]:
    """Return the bounds `[start, end)`, in daily stamps, of the sessions that meet `interval`."""
    first = int(np.searchsorted(calendar.closes, to_us(interval.start), side="right"))
    last = int(np.searchsorted(calendar.opens, to_us(interval.end), side="left"))
    if first >= last:
        return 0, 0
    return int(calendar.sessions[first]), int(calendar.sessions[last - 1]) + 1


def _closes(profile: Profile, places: Ints, nth: Ints, length: Ints, day: dict[str, Floats]) -> Floats:
    # A bridge: noise that starts and ends at nothing, laid over the straight way from the open to the close. Its sums
    # are whole numbers, so that a session looks the same whichever sessions it is asked with.
    noise = np.cumsum(whole_bell_at(stream_key(profile.key, "minute"), places))
    firsts = np.flatnonzero(nth == 0)
    counts = length[firsts]
    walked = noise - np.repeat(np.concatenate(([0], noise))[firsts], counts)
    total = np.repeat(walked[firsts + counts - 1], counts)
    bridge = (walked - total * (nth + 1) // length) / (_BELL * np.sqrt(length))
    way = np.log(day["open"]) + np.log(day["close"] / day["open"]) * (nth + 1) / length
    low, spread = np.log(day["low"]), np.log(day["high"] / day["low"])
    # The day's low and high throw the path back like mirrors; cutting it there would leave flat stretches.
    height = np.mod((way + bridge * spread * 0.6 - low) / np.maximum(spread, _LEAST_SPREAD), 2.0)
    path = ticks(profile, np.exp(low + (1 - np.abs(1 - height)) * spread))
    inside = np.clip(path, day["low"], day["high"])
    closes: Floats = np.where(nth == length - 1, day["close"], inside)
    return closes


def _extremes(
    profile: Profile, places: Ints, opens: Floats, closes: Floats, day: dict[str, Floats]
) -> tuple[Floats, Floats]:
    reach = np.log(day["high"] / day["low"]) * 0.04
    up = np.exp(np.abs(bell_at(stream_key(profile.key, "minute high"), places)) * reach)
    down = np.exp(-np.abs(bell_at(stream_key(profile.key, "minute low"), places)) * reach)
    highs = np.minimum(ticks(profile, np.maximum(opens, closes) * up), day["high"])
    lows = np.maximum(ticks(profile, np.minimum(opens, closes) * down), day["low"])
    return np.maximum(highs, np.maximum(opens, closes)), np.minimum(lows, np.minimum(opens, closes))


def _shares(profile: Profile, places: Ints, nth: Ints, length: Ints, starts: Ints, counts: Ints) -> Floats:
    # Busy after the open and before the close, lively in between: the running share of the day's volume, in (0, 1].
    middle = (2 * nth + 1) / length - 1
    busy = (0.5 + 1.5 * middle**2) * (0.3 + uniform_at(stream_key(profile.key, "minute volume"), places))
    weights = 1 + (busy * 1_000_000).astype(np.int64)
    running = np.cumsum(weights)
    running = running - np.repeat((running - weights)[starts], counts)
    shares: Floats = running / np.repeat(running[starts + counts - 1], counts)
    return shares


def _portions(whole: Floats, running: Floats, nth: Ints, decimals: int) -> Floats:
    # Rounding the running total, not the portions, lets them add up to the whole.
    reached = np.round(whole * running, decimals)
    portions: Floats = np.where(nth == 0, reached, reached - np.roll(reached, 1))
    return portions.round(decimals)
