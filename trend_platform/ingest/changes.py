"""From a quote to what readers get: which session it belongs to, and how far it is from the close of the one before.

One way to compute a change for whoever asks, the writer of the minute loop or a reader that found the cache empty.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.actions import split_adjusted, split_factors
from trend_platform.domain.calendars import DAY_US, Instants, get_calendar
from trend_platform.domain.candles import INSTANT, Basis, empty_candles
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans, midnight
from trend_platform.domain.quotes import LatestPrice
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Market

SESSION_SCHEMA: Final = pl.Schema({"instrument_id": pl.Int32(), "session": pl.Date(), "session_before": pl.Date()})

# Closes of days that lie closer together than this are read at once.
_TOGETHER = timedelta(days=10)


def latest_prices(market: Market, instruments: Sequence[Instrument], quotes: pl.DataFrame) -> tuple[LatestPrice, ...]:
    """Return what readers get of each quote, in the order of `instruments`; one without a quote is left out.

    The change is against the stored final close of the session before the quote's own, on the share count of the
    quote's session; where that candle is not stored, against what the provider takes for it; else it is not known.

    Args:
        market: Where closes and splits are.
        instruments: Whose quotes these are.
        quotes: A quote frame, one row per instrument.
    """
    rows = quotes.join(previous_closes(market, instruments, quotes), on="instrument_id", how="left")
    reference = pl.coalesce(pl.col("close"), pl.col("previous_close"))
    # A reference of zero or below is no price to be compared with.
    against = pl.when(reference > 0).then(reference)
    told = rows.select(
        "instrument_id",
        "price",
        (pl.col("price") - against).alias("change"),
        ((pl.col("price") - against) / against * 100).alias("change_percent"),
        "quoted_at",
        "provider",
    )
    by_id = {one: tuple(rest) for one, *rest in told.iter_rows()}
    return tuple(
        LatestPrice(one.symbol, *by_id[one.instrument_id]) for one in instruments if one.instrument_id in by_id
    )


def sessions_of(instruments: Sequence[Instrument], quotes: pl.DataFrame) -> pl.DataFrame:
    """Return the session each quote belongs to and the one before it, a frame of `SESSION_SCHEMA`.

    A quote belongs to the session of its local day, or to the last one before a day without: before the open to the
    session that is about to begin, in the evening to the one that has ended. Nulls where the calendar begins later.
    """
    calendars = {one.instrument_id: one.calendar for one in instruments}
    named = quotes.select(
        "instrument_id",
        "quoted_at",
        pl.col("instrument_id").replace_strict(calendars, default=None, return_dtype=pl.String).alias("calendar"),
    )
    parts = named.drop_nulls().partition_by("calendar", as_dict=True)
    found = [_sessions(str(name), part) for (name,), part in parts.items()]
    return pl.concat([SESSION_SCHEMA.to_frame(), *found])


def previous_closes(market: Market, instruments: Sequence[Instrument], quotes: pl.DataFrame) -> pl.DataFrame:
    """Return `instrument_id`, `close`: the final close of the session before each quote's, on the share count of the latter.

    An instrument without that candle is left out.
    """
    sessions = sessions_of(instruments, quotes).drop_nulls()
    wanted = sessions.select("instrument_id", pl.col("session_before").cast(INSTANT).alias("opened_at"))
    candles = _candles_of(market, sessions).join(wanted, on=["instrument_id", "opened_at"], how="semi")
    splits = market.splits(candles["instrument_id"].to_list()) if candles.height else None
    if splits is not None and splits.height:
        candles = split_adjusted(candles, _splits_until(splits, sessions))
    return candles.select("instrument_id", "close")


def on_share_count_of(
    market: Market, instruments: Sequence[Instrument], known: pl.DataFrame, quotes: pl.DataFrame
) -> pl.DataFrame:
    """Return the quotes of `known` with prices on the share count of the sessions that `quotes` belong to.

    Args:
        market: Where splits are.
        instruments: Whose quotes these are.
        known: A quote frame, one row per instrument.
        quotes: A later quote of each; an instrument that is not in it keeps its price.
    """
    splits = market.splits(known["instrument_id"].to_list()) if known.height else None
    if splits is None or splits.is_empty():
        return known
    then = known.join(sessions_of(instruments, known), on="instrument_id", how="left", maintain_order="left")
    rows = then.select(
        "instrument_id",
        pl.col("session").cast(INSTANT).fill_null(pl.col("quoted_at")).alias("opened_at"),
        pl.lit(Basis.RAW.value).alias("basis"),
        "fetched_at",
    )
    factors = split_factors(rows, _splits_until(splits, sessions_of(instruments, quotes)))
    return known.with_columns(pl.col("price") / pl.Series("factor", factors))


def _sessions(name: str, quotes: pl.DataFrame) -> pl.DataFrame:
    calendar = get_calendar(name)
    local = quotes["quoted_at"].dt.convert_time_zone(calendar.timezone).dt.date().to_physical().to_numpy()
    places = calendar.sessions.searchsorted(local.astype(np.int64) * DAY_US, side="right") - 1
    return pl.DataFrame(
        {
            "instrument_id": quotes["instrument_id"],
            "session": _days(calendar.sessions, places),
            "session_before": _days(calendar.sessions, places - 1),
        },
        schema=SESSION_SCHEMA,
    )


def _days(sessions: Instants, places: NDArray[np.int64]) -> pl.Series:
    days = pl.Series(sessions[np.maximum(places, 0)]).cast(INSTANT).dt.date()
    return days.set(pl.Series(places < 0), None)


def _candles_of(market: Market, sessions: pl.DataFrame) -> pl.DataFrame:
    frames = [empty_candles()]
    for span in Spans.of(_around(day) for day in sessions["session_before"].unique()):
        mine = sessions.filter(pl.col("session_before").is_between(span.start.date(), span.end.date()))
        interval = Interval(span.start, span.end - _TOGETHER + timedelta(days=1))
        frames.append(market.candles(mine["instrument_id"].to_list(), Timeframe.D1, interval))
    return pl.concat(frames).filter("is_final")


def _around(day: date) -> Interval:
    return Interval(midnight(day), midnight(day) + _TOGETHER)


def _splits_until(splits: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    # Splits that hold in the session a quote belongs to; an announced one moves no price before its day comes.
    told = splits.join(sessions, on="instrument_id", how="left", maintain_order="left")
    return told.filter(pl.col("ex_date") <= pl.col("session")).select(splits.columns)
