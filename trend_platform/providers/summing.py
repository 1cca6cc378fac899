"""From bars of a provider's own length to the candles of a calendar, which are laid from each session's open.

Providers count hours on the clock and tell trades before and after the session: what lies outside is left out, and where a
session begins within an hour, hours are asked as half hours and added up. Asking and paging are the provider's.
"""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, from_us, to_us
from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

_ADDED_UP = frozenset({Timeframe.H1, Timeframe.H4, Timeframe.H12})
_TICK = timedelta(microseconds=1)


def clock_base(timeframe: Timeframe, calendar: TradingCalendar) -> Timeframe:
    """Return the length of clock-aligned bars that candles of `timeframe` are made of on that calendar."""
    if timeframe not in _ADDED_UP:
        return timeframe
    step = timeframe.step // _TICK
    return timeframe if bool((calendar.opens % step == 0).all()) else Timeframe.M30


def whole_candles(interval: Interval, timeframe: Timeframe, calendar: TradingCalendar) -> Interval:
    """Return `interval`, prolonged to the close of the last candle that begins in it."""
    opens = calendar.candle_opens(timeframe, interval)
    if not len(opens):
        return interval
    close = from_us(calendar.candle_closes(timeframe, opens[-1:])[0])
    return Interval(interval.start, max(interval.end, close))


def summed(
    bars: pl.DataFrame, timeframe: Timeframe, calendar: TradingCalendar, settled_until: datetime
) -> pl.DataFrame:
    """Return the candle frame of `timeframe` that bars of the same or a shorter length make inside the sessions.

    Args:
        bars: Candle frame of any instruments of one calendar, sorted by key; of rows with one key the last one counts.
        timeframe: The length of the candles that are wanted.
        calendar: Says where sessions begin and end.
        settled_until: Candles that closed by then are final.
    """
    if bars.is_empty() or timeframe.value == bars["timeframe"][0] == Timeframe.D1.value:
        return bars
    stamps = bars["opened_at"].cast(pl.Int64).to_numpy()
    session = np.searchsorted(calendar.opens, stamps, side="right") - 1
    inside = (session >= 0) & (stamps < calendar.closes[np.maximum(session, 0)])
    regular = bars.filter(pl.Series(inside))
    if bars["timeframe"][0] == timeframe.value:
        return regular
    begun = session[inside]
    if timeframe is Timeframe.D1:
        starts = calendar.sessions[begun]
    else:
        step, opens = timeframe.step // _TICK, calendar.opens[begun]
        starts = opens + (stamps[inside] - opens) // step * step
    is_final = calendar.candle_closes(timeframe, starts) <= to_us(settled_until)
    placed = regular.with_columns(
        pl.Series("starts", starts).cast(bars.schema["opened_at"]), pl.Series("is_final", is_final, dtype=pl.Boolean)
    )
    return _added_up(placed.unique(CANDLE_KEY, keep="last", maintain_order=True), timeframe)


def _added_up(placed: pl.DataFrame, timeframe: Timeframe) -> pl.DataFrame:
    turnover = (pl.col("vwap") * pl.col("volume")).sum() / pl.col("volume").sum()
    return (
        placed.group_by("instrument_id", "starts", maintain_order=True)
        .agg(
            pl.col("provider", "basis", "fetched_at", "is_final", "open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            _total("volume"),
            pl.when(pl.col("vwap").null_count() == 0).then(turnover).fill_nan(None).alias("vwap"),
            _total("trade_count"),
        )
        .rename({"starts": "opened_at"})
        .with_columns(pl.lit(timeframe.value).alias("timeframe"))
        .select(CANDLE_SCHEMA.names())
    )


def _total(name: str) -> pl.Expr:
    # A sum over nothing would be a volume of zero where none was told.
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
