"""The storage port of rolled-up candles, and of the windows that have to be rolled up anew.

Whatever changes candles leaves the touched windows behind in the same transaction; whoever rolls up takes them in the
transaction that stores the result. So a killed process leaves work to do, never a candle that is wrong and looks right. As
with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the rolled-up candles of one or several windows.

    Attributes:
        written: Candles that are new or say something else now.
        removed: Candles that nothing is left of.
        unchanged: Candles that say what they said; nothing was written for them.
    """

    written: int = 0
    removed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Restored") -> "Restored":
        return Restored(self.written + other.written, self.removed + other.removed, self.unchanged + other.unchanged)


class RollupTransaction(Protocol):
    """The roll-up of one instrument: all of it is stored and its windows are settled, or nothing."""

    @property
    def touched(self) -> Mapping[Timeframe, Spans]:
        """Return the windows that were touched when this began, by the timeframe of the candles that changed."""
        ...

    def candles(self, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return its rolled-up candles in `interval` as a rolled frame, this transaction's included."""
        ...

    def replace(self, timeframe: Timeframe, interval: Interval, candles: pl.DataFrame) -> Restored:
        """Make `candles`, a rolled frame, all that is stored in `interval`; only what differs is written."""
        ...


class Rollups(Protocol):
    """Rolled-up candles of one database."""

    def touched(self) -> Mapping[int, Mapping[Timeframe, Spans]]:
        """Return the touched windows of every instrument that has some."""
        ...

    def touch(self, windows: pl.DataFrame) -> None:
        """Add touched windows (`TOUCHED_SCHEMA`), as one does who wants them rolled up anew."""
        ...

    def begin(self, instrument_id: int) -> AbstractContextManager[RollupTransaction]:
        """Open the roll-up of one instrument; others that want it wait. Leaving commits, an exception rolls back."""
        ...

    def candles(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the rolled-up candles in `interval` as a rolled frame, sorted by key."""
        ...

    def forming(self) -> pl.DataFrame:
        """Return `instrument_id`, `timeframe`, `opened_at`, `source` of the candles whose period was not over when they were made."""
        ...
