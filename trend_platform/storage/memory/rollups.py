"""The port of rolled-up candles in memory, beside a market that knows which windows were touched."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.rollup import ROLLED_SCHEMA, empty_rolled
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.memory.market import MemoryMarket
from trend_platform.storage.memory.transaction import inside
from trend_platform.storage.rollups import Restored, RollupTransaction

_KEYS = ("instrument_id", "timeframe", "opened_at", "source")


@dataclass(slots=True)
class MemoryRollup:
    """The roll-up of one instrument.

    Attributes:
        instrument_id: Whose candles.
        touched: The windows that were touched when this began.
        rolled: The rolled-up candles of all instruments as this transaction sees them.
    """

    instrument_id: int
    touched: Mapping[Timeframe, Spans]
    rolled: Mapping[Timeframe, pl.DataFrame]

    def candles(self, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return its rolled-up candles in `interval` as a rolled frame."""
        return inside(self.rolled.get(timeframe, empty_rolled()), [self.instrument_id], interval)

    def replace(self, timeframe: Timeframe, interval: Interval, candles: pl.DataFrame) -> Restored:
        """Make `candles`, a rolled frame, all that is stored in `interval`."""
        everything, stored = self.rolled.get(timeframe, empty_rolled()), self.candles(timeframe, interval)
        columns = ROLLED_SCHEMA.names()
        changed = candles.join(stored, on=columns, how="anti", nulls_equal=True).height
        gone = stored.join(candles, on=CANDLE_KEY, how="anti").height
        kept = everything.join(stored, on=CANDLE_KEY, how="anti")
        after = pl.concat([kept, candles.select(columns)]).sort(CANDLE_KEY)
        self.rolled = {**self.rolled, timeframe: after}
        return Restored(changed, gone, candles.height - changed)


@dataclass(slots=True)
class MemoryRollups:
    """Rolled-up candles; roll-ups run one after the other.

    Attributes:
        market: Where candles change.
    """

    market: MemoryMarket
    _rolled: Mapping[Timeframe, pl.DataFrame] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def touched(self) -> Mapping[int, Mapping[Timeframe, Spans]]:
        """Return the touched windows of every instrument that has some."""
        ids = self.market.touched()["instrument_id"].unique(maintain_order=True).sort()
        return {one: _by_timeframe(self.market.touched(), one) for one in ids}

    def touch(self, windows: pl.DataFrame) -> None:
        """Add touched windows (`TOUCHED_SCHEMA`)."""
        self.market.touch(windows)

    @contextmanager
    def begin(self, instrument_id: int) -> Iterator[RollupTransaction]:
        """Open the roll-up of one instrument; leaving the context keeps it, an exception undoes it."""
        with self._turn:
            taken = self.market.take_touched(instrument_id)
            rollup = MemoryRollup(instrument_id, _by_timeframe(taken, instrument_id), self._rolled)
            try:
                yield rollup
            except BaseException:
                self.market.touch(taken)
                raise
            self._rolled = rollup.rolled

    def candles(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the rolled-up candles in `interval` as a rolled frame, sorted by key."""
        return inside(self._rolled.get(timeframe, empty_rolled()), instrument_ids, interval)

    def forming(self) -> pl.DataFrame:
        """Return `instrument_id`, `timeframe`, `opened_at`, `source` of the candles whose period was not over when they were made."""
        everything = pl.concat([empty_rolled(), *self._rolled.values()])
        return everything.filter(~pl.col("is_final")).select(_KEYS).sort(_KEYS)


def _by_timeframe(windows: pl.DataFrame, instrument_id: int) -> dict[Timeframe, Spans]:
    spans: dict[Timeframe, list[Interval]] = {}
    for one, timeframe, start, end in windows.iter_rows():
        if one == instrument_id:
            spans.setdefault(Timeframe(timeframe), []).append(Interval(start, end))
    return {timeframe: Spans.of(intervals) for timeframe, intervals in spans.items()}
