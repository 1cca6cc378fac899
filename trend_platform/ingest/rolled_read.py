"""Reading candles of a timeframe that may not be stored: the provider's own where there are some, else rolled-up ones.

Every candle says which it is; nothing is made up and nothing is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup import Setting, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.workshop import Workshop
from trend_platform.wording import counted

Adjust = Callable[[pl.DataFrame], pl.DataFrame]
"""Brings a candle frame of one instrument onto the basis the reader wants."""

_LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Found:
    """Candles of one series, from both tables.

    Attributes:
        candles: A candle frame, sorted by stamp.
        rolled: How many of them are rolled up.
        partial: How many of these lack a part, or have one that is not final.
        sources: The timeframes those were rolled up from.
    """

    candles: pl.DataFrame
    rolled: int = 0
    partial: int = 0
    sources: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return where the candles come from in one sentence; empty where all are the provider's own."""
        if not self.rolled:
            return ""
        which = "all" if self.rolled == self.candles.height else f"{self.rolled:,} of {self.candles.height:,}"
        lacking = f", {counted(self.partial, 'candle')} not complete" if self.partial else ""
        return f"{which} rolled up from {' and '.join(self.sources)} candles{lacking}"


def read_candles(
    workshop: Workshop, instrument: Instrument, timeframe: Timeframe, interval: Interval, adjust: Adjust | None = None
) -> Found:
    """Return what is stored of a series in `interval`, with rolled-up candles where nothing is.

    Args:
        workshop: The ports.
        instrument: Whose candles.
        timeframe: Their length.
        interval: Which, by their stamps.
        adjust: Applied to what is returned; weeks and months are made of adjusted days then, so that an ex-date within
            one is exact.
    """
    one = instrument.instrument_id
    stored = workshop.storage.market.candles([one], timeframe, interval)
    rolled = workshop.storage.rollups.candles([one], timeframe, interval)
    rolled = rolled.join(stored, on="opened_at", how="anti")
    used = rolled.select(CANDLE_SCHEMA.names())
    if adjust is not None:
        stored = adjust(stored)
        used = _of_adjusted_days(workshop, instrument, rolled, adjust) if _is_period(timeframe) else adjust(used)
    candles = pl.concat([stored, used]).sort("opened_at")
    sources = tuple(length.value for length in Timeframe if length.value in rolled["source"])
    return Found(candles, rolled.height, int((~rolled["is_complete"]).sum()), sources)


def _is_period(timeframe: Timeframe) -> bool:
    return timeframe in {Timeframe.W1, Timeframe.MO1}


def _of_adjusted_days(workshop: Workshop, instrument: Instrument, rolled: pl.DataFrame, adjust: Adjust) -> pl.DataFrame:
    if rolled.is_empty():
        return rolled.select(CANDLE_SCHEMA.names())
    stamps = rolled["opened_at"]
    span = Interval(stamps.to_list()[0], stamps.to_list()[-1] + _LONGEST)
    timeframe = Timeframe(rolled["timeframe"][0])
    known = Setting(get_calendar(instrument.calendar), workshop.clock.now(), instrument.lifetime)
    days = read_candles(workshop, instrument, Timeframe.D1, span, adjust).candles
    made = roll_up(days, [timeframe], known)[timeframe].candles
    return made.filter(pl.col("opened_at").is_in(stamps.implode())).select(CANDLE_SCHEMA.names())
