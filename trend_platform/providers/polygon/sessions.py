"""From Polygon's clock-aligned bars of the extended day to the candles of the regular session.

Polygon's minute bars cover 04:00 to 20:00 New York and its hours begin on the clock, while an hour here begins with the
session, at 09:30. So an hour or more is asked as half hours, which begin with the session, and added up.
"""

import numpy as np
import polars as pl

from trend_platform.domain.calendars import Instants, TradingCalendar
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.timeframes import Timeframe

_ADDED_UP = frozenset({Timeframe.H1, Timeframe.H4, Timeframe.H12})


def asked_timeframe(timeframe: Timeframe, calendar: TradingCalendar) -> Timeframe:
    """Return the length of bars to ask for, to get candles of `timeframe` on a venue with sessions."""
    return Timeframe.M30 if timeframe in _ADDED_UP and not calendar.always_open else timeframe


def in_sessions(bars: pl.DataFrame, timeframe: Timeframe, calendar: TradingCalendar) -> pl.DataFrame:
    """Return the candle frame of `timeframe` from bars of the length `asked_timeframe` names.

    Bars outside the regular sessions are left out: their trades belong to no candle of this platform.
    """
    if not timeframe.is_intraday or calendar.always_open or bars.is_empty():
        return bars
    stamps = bars["opened_at"].cast(pl.Int64).to_numpy()
    session = np.searchsorted(calendar.opens, stamps, side="right") - 1
    inside = (session >= 0) & (stamps < calendar.closes[np.maximum(session, 0)])
    regular = bars.filter(pl.Series(inside))
    if asked_timeframe(timeframe, calendar) is timeframe:
        return regular
    return _added_up(regular, timeframe, calendar.opens[session[inside]])


def _added_up(bars: pl.DataFrame, timeframe: Timeframe, session_opens: Instants) -> pl.DataFrame:
    step = int(timeframe.step.total_seconds()) * 1_000_000
    stamps = bars["opened_at"].cast(pl.Int64).to_numpy()
    starts = pl.Series("opened_at", session_opens + (stamps - session_opens) // step * step)
    turnover = (pl.col("vwap") * pl.col("volume")).sum()
    return (
        bars.with_columns(starts.cast(bars.schema["opened_at"]), pl.lit(timeframe.value).alias("timeframe"))
        .group_by("opened_at", maintain_order=True)
        .agg(
            pl.col("instrument_id", "timeframe", "provider", "basis", "fetched_at", "open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            (turnover / pl.col("volume").sum()).fill_nan(None).alias("vwap"),
            pl.col("trade_count").sum(),
            pl.col("is_final").all(),
        )
        .select(CANDLE_SCHEMA.names())
    )
