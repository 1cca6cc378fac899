"""The `Market` port in memory: units of work and reads over immutable frames."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA, Aside
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Market, MarketTransaction, PriceKind
from trend_platform.storage.memory.tables import Tables
from trend_platform.storage.memory.transaction import MemoryTransaction, inside


@dataclass(slots=True)
class _Held:
    # What every view of one market shares.
    tables: Tables = field(default_factory=Tables)
    turn: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class MemoryMarket:
    """Candles, coverage, splits and quarantine; transactions run one after the other, readers see the last finished one.

    A thread must end its transaction before it begins another.

    Attributes:
        kind: Which prices it holds.
        repair_id: The repair that what its transactions change is kept for; `None` for none.
    """

    kind: PriceKind
    repair_id: int | None = None
    _held: _Held = field(default_factory=_Held)

    @property
    def _tables(self) -> Tables:
        return self._held.tables

    @_tables.setter
    def _tables(self, tables: Tables) -> None:
        self._held.tables = tables

    @property
    def _turn(self) -> Lock:
        return self._held.turn

    def recording(self, repair_id: int) -> Market:
        """Return this market; what its transactions change is kept for that repair."""
        return replace(self, repair_id=repair_id)

    @contextmanager
    def begin(self, run_id: int) -> Iterator[MarketTransaction]:
        """Open a unit of work; leaving the context commits, an exception rolls back."""
        with self._turn:
            transaction = MemoryTransaction(self.kind, run_id, self._tables, self.repair_id)
            yield transaction
            self._tables = transaction.tables

    def touched(self) -> pl.DataFrame:
        """Return the windows to roll up anew (`TOUCHED_SCHEMA`)."""
        return self._tables.touched

    def touch(self, windows: pl.DataFrame) -> None:
        """Add windows to roll up anew (`TOUCHED_SCHEMA`)."""
        with self._turn:
            self._tables = replace(self._tables, touched=pl.concat([self._tables.touched, windows]))

    def take_touched(self, instrument_id: int) -> pl.DataFrame:
        """Take the windows of one instrument away and return them."""
        with self._turn:
            windows, is_mine = self._tables.touched, pl.col("instrument_id") == instrument_id
            self._tables = replace(self._tables, touched=windows.filter(~is_mine))
            return windows.filter(is_mine)

    @property
    def tables(self) -> Tables:
        """Return what the last finished transaction left."""
        return self._tables

    @contextmanager
    def changing(self) -> Iterator[MemoryTransaction]:
        """Open a unit of work outside of ingest runs, for ports on the same tables."""
        with self._turn:
            transaction = MemoryTransaction(self.kind, 0, self._tables)
            yield transaction
            self._tables = transaction.tables

    def candles(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the stored candles in `interval` as a candle frame, on the basis they are stored on."""
        return inside(self._tables.of(timeframe), instrument_ids, interval)

    def recent(self, instrument_ids: Sequence[int], timeframe: Timeframe, before: datetime, count: int) -> pl.DataFrame:
        """Return, per instrument, the last `count` candles stamped before `before`, as a candle frame."""
        wanted = pl.Series(list(instrument_ids), dtype=pl.Int32).implode()
        earlier = self._tables.of(timeframe).filter(
            pl.col("instrument_id").is_in(wanted) & (pl.col("opened_at") < before)
        )
        return (
            earlier.group_by("instrument_id", maintain_order=True).tail(count).select(earlier.columns).sort(CANDLE_KEY)
        )

    def ledgers(self, instrument_ids: Sequence[int], timeframe: Timeframe) -> Mapping[int, Ledger]:
        """Return what is known of each series; an instrument nothing is known of has an empty ledger."""
        known = self._tables.ledgers
        return {one: known.get((one, timeframe), Ledger()) for one in instrument_ids}

    def splits(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return the known splits as a split frame, sorted by instrument and day."""
        wanted = pl.Series(list(instrument_ids), dtype=pl.Int32).implode()
        return self._tables.splits.filter(pl.col("instrument_id").is_in(wanted))

    def revisions(self, instrument_id: int, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return old values of corrected candles: a candle frame with `revised_at` and `run_id`, oldest change first."""
        found = inside(self._tables.revisions, [instrument_id], interval)
        return found.filter(pl.col("timeframe") == timeframe.value)

    def quarantined(
        self, instrument_ids: Sequence[int], timeframe: Timeframe | Aside, interval: Interval
    ) -> pl.DataFrame:
        """Return rows set aside whose `opened_at` lies in `interval`, as a quarantine frame."""
        found = inside(self._tables.quarantine, instrument_ids, interval).select(QUARANTINE_SCHEMA.names())
        return found.filter(pl.col("timeframe") == timeframe.value).sort(
            "instrument_id", "opened_at", maintain_order=True
        )

    def unreadable(self, instrument_ids: Sequence[int], timeframe: Timeframe | Aside) -> pl.DataFrame:
        """Return rows set aside whose time could not be read, as a quarantine frame; no interval holds them."""
        wanted = pl.Series(list(instrument_ids), dtype=pl.Int32).implode()
        return (
            self._tables.quarantine.select(QUARANTINE_SCHEMA.names())
            .filter(
                pl.col("instrument_id").is_in(wanted)
                & (pl.col("timeframe") == timeframe.value)
                & pl.col("opened_at").is_null()
            )
            .sort("instrument_id", maintain_order=True)
        )

    def asides(self) -> pl.DataFrame:
        """Return all rows set aside (`ASIDE_SCHEMA`), by number."""
        return self._tables.quarantine

    def count_candles(self, timeframe: Timeframe, windows: Mapping[int, Interval]) -> Mapping[int, int]:
        """Return how many candles are stored of each series in its window; none is 0."""
        candles = self._tables.of(timeframe)
        return {one: inside(candles, [one], window).height for one, window in windows.items()}
