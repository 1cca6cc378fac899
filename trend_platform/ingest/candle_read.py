"""Reading a series the way people ask for it: its length, its basis, as known on a day, and in how many points.

The one way for whoever shows or exports candles. Fresh range series from the cache are `read`'s.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from trend_platform.domain.actions import Adjustment
from trend_platform.domain.downsampling import Method, downsampled
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.adjusting import AdjustedRead, Adjuster
from trend_platform.ingest.known import read_known
from trend_platform.ingest.rolled_read import Adjust, Found, read_candles
from trend_platform.ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to see.

    Attributes:
        instrument: Whose candles.
        timeframe: Their length.
        interval: Which, by their stamps.
        adjustment: On which basis.
        known_at: As they were known then; `None` as they are now.
        points: At most so many, chosen so that a chart looks the same; `None` for all.
        method: How they are chosen.
    """

    instrument: Instrument
    timeframe: Timeframe
    interval: Interval
    adjustment: Adjustment = Adjustment.RAW
    known_at: datetime | None = None
    points: int | None = None
    method: Method = Method.MINMAX_LTTB


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes:
        candles: A candle frame, sorted by stamp.
        total: How many there are; more than `candles` holds where points were chosen from them.
        rolled_up: Which of them are rolled up, and from what, in a sentence; empty where none is.
        notes: What a reader must know of these prices, in sentences.
    """

    candles: pl.DataFrame
    total: int
    rolled_up: str = ""
    notes: tuple[str, ...] = ()


def read(workshop: Workshop, question: Question) -> Reading:
    """Return what is stored of a series.

    Raises:
        UsageError: Too few points.
        UnavailableError: The database does not answer.
    """
    adjuster = Adjuster(workshop, question.instrument, question.adjustment, question.known_at)
    found = _found(workshop, question, adjuster if adjuster.changes else None)
    notes = AdjustedRead(found, question.adjustment, adjuster.splits, adjuster.dividends).notes
    points = question.points
    shown = found.candles if points is None else downsampled(found.candles, points, question.method)
    return Reading(shown, found.candles.height, found.words, notes)


def _found(workshop: Workshop, question: Question, adjust: Adjust | None) -> Found:
    instrument, timeframe, interval = question.instrument, question.timeframe, question.interval
    if question.known_at is None:
        return read_candles(workshop, instrument, timeframe, interval, adjust)
    return read_known(workshop, instrument, timeframe, interval, question.known_at, adjust)
