"""The `Market` port on TimescaleDB: units of work and reads, joined from the modules that know each table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import polars as pl
from sqlalchemy import BigInteger, Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from trend_platform.domain.coverage import Ledger
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import Aside, Decision
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Market, MarketTransaction, PriceKind, Upsert
from trend_platform.storage.changes import check_kind, only_timeframe
from trend_platform.storage.timescale import asides, candle_reads, ledgers, quarantine, repair_rows, touches
from trend_platform.storage.timescale.candle_writes import CandleWriter
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.deployment import price_kind
from trend_platform.storage.touches import touched_by_ledgers, touched_by_splits

# Instruments share this many locks: thousands of single ones would not fit into the server's lock table.
_LOCKS: Final = 1024
_LOCK_SPACE: Final = 0x7E4D0000 << 32


@dataclass(slots=True)
class TimescaleTransaction:
    """One unit of work on one connection.

    Attributes:
        connection: The connection; whoever opened it commits.
        run_id: Number of the ingest run it works for.
        repair_id: The repair that what it changes is kept for; `None` for none.
    """

    connection: Connection
    run_id: int
    repair_id: int | None = None
    _writer: CandleWriter = field(init=False)

    def __post_init__(self) -> None:
        self._writer = CandleWriter(driver(self.connection), self.run_id, self.repair_id)

    def lock(self, instrument_ids: Sequence[int]) -> None:
        """Keep other writers away from these instruments until the transaction ends; deadlock-free in any order."""
        locks = sorted({_LOCK_SPACE + one % _LOCKS for one in instrument_ids})
        wanted = func.unnest(bindparam("locks", locks, ARRAY(BigInteger))).column_valued("one")
        self.connection.execute(select(func.pg_advisory_xact_lock(wanted)))

    def upsert(self, candles: pl.DataFrame) -> Upsert:
        """Store candles: a candle frame of one timeframe, unique on its key.

        Raises:
            SimulatedDataRefused: Simulated candles for a database of real ones, or the reverse.
            UsageError: The candles have several timeframes.
        """
        if candles.is_empty():
            return Upsert()
        timeframe = only_timeframe(candles)
        check_kind(candles, price_kind(self.connection))
        return self._writer.upsert(candles, timeframe)

    def stored_opens(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return `instrument_id`, `opened_at` of the candles stored in `interval`, sorted."""
        return self._writer.stored_opens(list(instrument_ids), timeframe, interval)

    def ledgers(self, instrument_ids: Sequence[int], timeframe: Timeframe) -> Mapping[int, Ledger]:
        """Return what is known of each series; an instrument nothing is known of has an empty ledger."""
        return ledgers.read(self.connection, instrument_ids, timeframe)

    def replace_ledgers(self, timeframe: Timeframe, before: Mapping[int, Ledger], after: Mapping[int, Ledger]) -> None:
        """Make `after` the truth; only rows that differ from `before` are written."""
        ledgers.replace(self.connection, timeframe, before, after)
        if self.repair_id is not None:
            repair_rows.keep_ledgers(self.connection, self.repair_id, timeframe, before, after)
        touches.add(driver(self.connection), touched_by_ledgers(before, after, timeframe), self.run_id)

    def quarantine(self, rows: pl.DataFrame) -> int:
        """Set rows aside (quarantine frame); return how many were not there for the same reason."""
        return asides.set_aside(self.connection, rows, self.run_id)

    def decide(self, ids: Sequence[int], decision: Decision, at: datetime) -> Sequence[int]:
        """Decide about rows set aside; return, sorted, the numbers of those for which that is new."""
        return quarantine.decide(self.connection, ids, decision, at)

    def add_splits(self, splits: pl.DataFrame) -> int:
        """Store a split frame; return how many were new or changed."""
        changed = asides.add_splits(self.connection, splits)
        if changed:
            touches.add(driver(self.connection), touched_by_splits([splits]), self.run_id)
        return changed


@dataclass(frozen=True, slots=True)
class TimescaleMarket:
    """Candles, coverage, splits and quarantine of one database.

    Attributes:
        database: The database.
        kind: Which prices it holds: settled once when it was migrated, so known from the moment it is opened.
        repair_id: The repair that what its transactions change is kept for; `None` for none.
    """

    database: Database
    kind: PriceKind
    repair_id: int | None = None

    def recording(self, repair_id: int) -> Market:
        """Return this market; what its transactions change is kept for that repair."""
        return replace(self, repair_id=repair_id)

    @contextmanager
    def begin(self, run_id: int) -> Iterator[MarketTransaction]:
        """Open a unit of work; leaving the context commits, an exception rolls back."""
        with self.database.begin() as connection:
            yield TimescaleTransaction(connection, run_id, self.repair_id)

    def candles(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the stored candles in `interval` as a candle frame, on the basis they are stored on."""
        with self.database.begin() as connection:
            return candle_reads.candles(driver(connection), instrument_ids, timeframe, interval)

    def recent(self, instrument_ids: Sequence[int], timeframe: Timeframe, before: datetime, count: int) -> pl.DataFrame:
        """Return, per instrument, the last `count` candles stamped before `before`, as a candle frame."""
        with self.database.begin() as connection:
            return candle_reads.recent(driver(connection), instrument_ids, timeframe, before, count)

    def ledgers(self, instrument_ids: Sequence[int], timeframe: Timeframe) -> Mapping[int, Ledger]:
        """Return what is known of each series; an instrument nothing is known of has an empty ledger."""
        with self.database.begin() as connection:
            return ledgers.read(connection, instrument_ids, timeframe)

    def splits(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return the known splits as a split frame, sorted by instrument and day."""
        with self.database.begin() as connection:
            return asides.splits(connection, instrument_ids)

    def revisions(self, instrument_id: int, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return old values of corrected candles: a candle frame with `revised_at` and `run_id`, oldest change first."""
        with self.database.begin() as connection:
            return asides.revisions(connection, instrument_id, timeframe, interval)

    def quarantined(
        self, instrument_ids: Sequence[int], timeframe: Timeframe | Aside, interval: Interval
    ) -> pl.DataFrame:
        """Return rows set aside whose `opened_at` lies in `interval`, as a quarantine frame."""
        with self.database.begin() as connection:
            return asides.quarantined(connection, instrument_ids, timeframe, interval)

    def unreadable(self, instrument_ids: Sequence[int], timeframe: Timeframe | Aside) -> pl.DataFrame:
        """Return rows set aside whose time could not be read, as a quarantine frame; no interval holds them."""
        with self.database.begin() as connection:
            return asides.unreadable(connection, instrument_ids, timeframe)

    def count_candles(self, timeframe: Timeframe, windows: Mapping[int, Interval]) -> Mapping[int, int]:
        """Return how many candles are stored of each series in its window, by counting rows; none is 0."""
        with self.database.begin() as connection:
            return candle_reads.count(driver(connection), timeframe, windows)
