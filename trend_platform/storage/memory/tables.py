"""What a market in memory holds, as one value that a transaction replaces as a whole."""

from dataclasses import dataclass, field

import polars as pl

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.changes import REVISION_SCHEMA


@dataclass(frozen=True, slots=True)
class Tables:
    """The contents of a market.

    Attributes:
        candles: A candle frame of each timeframe.
        ledgers: The ledger of each series that has one.
        revisions: Old candles (`REVISION_SCHEMA`), oldest change first.
        quarantine: A quarantine frame.
        splits: A split frame, sorted by instrument and day.
    """

    candles: dict[Timeframe, pl.DataFrame] = field(default_factory=dict)
    ledgers: dict[tuple[int, Timeframe], Ledger] = field(default_factory=dict)
    revisions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REVISION_SCHEMA))
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=QUARANTINE_SCHEMA))
    splits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPLIT_SCHEMA))

    def of(self, timeframe: Timeframe) -> pl.DataFrame:
        """Return the candles of one timeframe."""
        return self.candles.get(timeframe, pl.DataFrame(schema=CANDLE_SCHEMA))
