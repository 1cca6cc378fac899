"""What goes into a judgement besides the candles, and what comes out of it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from trend_platform.domain.candles import empty_candles
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.domain.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known besides the candles that are judged.

    Attributes:
        instruments: The instruments that were asked, by id; a row of any other one is set aside.
        recent: Stored candles near the judged ones (candle frame, about 30 per instrument, may be empty). They are
            trusted; those after the judged ones help as well. Where a judged candle has the same key, it counts alone.
        splits: Known splits of these instruments (split frame).
        timeframe: The timeframe that was asked; a row of any other one is set aside.
        now: When the candles were fetched, aware.
    """

    instruments: Mapping[int, Instrument]
    recent: pl.DataFrame
    splits: pl.DataFrame
    timeframe: Timeframe
    now: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judgement says; accepted, rejected and duplicates add up to the rows judged.

    Attributes:
        accepted: Candles to store: candle frame, sorted by its key and unique on it.
        rejected: Rows to set aside: quarantine frame, one row per candle, `payload` is the candle as JSON. `rule` is the
            first rule that struck; `reason` names all.
        duplicates: Rows dropped because another accepted row says the same, or says it later of a forming candle.
        warnings: Rows stored although a rule had something to say, by rule id.
    """

    accepted: pl.DataFrame = field(default_factory=empty_candles)
    rejected: pl.DataFrame = field(default_factory=empty_quarantine)
    duplicates: int = 0
    warnings: Mapping[str, int] = field(default_factory=dict)
