"""One unit of work on a market in memory: it changes its own view of the tables, which becomes the market's at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import PriceKind, Upsert
from trend_platform.storage.changes import REVISION_SCHEMA, check_kind, compare, only_timeframe
from trend_platform.storage.memory.tables import Tables

_SPLIT_KEY: Final = ("instrument_id", "ex_date")
_SAME_ROW: Final = ("instrument_id", "timeframe", "opened_at", "provider", "rule", "reason")


@dataclass(slots=True)
class MemoryTransaction:
    """One unit of work.

    Attributes:
        kind: Which prices the market holds.
        run_id: Number of the ingest run it works for.
        tables: The market as this transaction sees it.
    """

    kind: PriceKind
    run_id: int
    tables: Tables

    def lock(self, instrument_ids: Sequence[int]) -> None:
        """Do nothing: transactions of a market in memory run one after the other."""

    def upsert(self, candles: pl.DataFrame) -> Upsert:
        """Store candles: a candle frame of one timeframe, unique on its key.

        Raises:
            SimulatedDataRefused: Simulated candles for a market of real ones, or the reverse.
            UsageError: The candles have several timeframes.
        """
        if candles.is_empty():
            return Upsert()
        timeframe = only_timeframe(candles)
        check_kind(candles, self.kind)
        stored = self.tables.of(timeframe)
        changes = compare(candles, stored)
        written = pl.concat([changes.new, changes.corrected, changes.completed])
        if written.height:
            kept = stored.join(written, on=CANDLE_KEY, how="anti")
            after = self.tables.candles | {timeframe: pl.concat([kept, written]).sort(CANDLE_KEY)}
            self.tables = replace(self.tables, candles=after, revisions=self._revised(stored, changes.corrected))
        return changes.upsert

    def stored_opens(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return `instrument_id`, `opened_at` of the candles stored in `interval`, sorted."""
        return inside(self.tables.of(timeframe), instrument_ids, interval).select("instrument_id", "opened_at")

    def ledgers(self, instrument_ids: Sequence[int], timeframe: Timeframe) -> Mapping[int, Ledger]:
        """Return what is known of each series; an instrument nothing is known of has an empty ledger."""
        return {one: self.tables.ledgers.get((one, timeframe), Ledger()) for one in instrument_ids}

    def replace_ledgers(self, timeframe: Timeframe, before: Mapping[int, Ledger], after: Mapping[int, Ledger]) -> None:
        """Make `after` the truth; a series that is only in `before` ends up with an empty ledger."""
        new = {(one, timeframe): after.get(one, Ledger()) for one in before.keys() | after.keys()}
        self.tables = replace(self.tables, ledgers=self.tables.ledgers | new)

    def quarantine(self, rows: pl.DataFrame) -> int:
        """Set rows aside (quarantine frame); return how many were not there for the same reason."""
        before = self.tables.quarantine
        # Where a row's time cannot be read, only its text tells it from another one.
        identity = pl.when(pl.col("opened_at").is_null()).then("payload").alias("text")
        known = pl.concat([before, rows.select(QUARANTINE_SCHEMA.names())]).with_columns(identity)
        after = known.unique([*_SAME_ROW, "text"], keep="first", maintain_order=True).drop("text")
        self.tables = replace(self.tables, quarantine=after)
        return after.height - before.height

    def add_splits(self, splits: pl.DataFrame) -> int:
        """Store a split frame; return how many were new or had another ratio."""
        before = self.tables.splits
        changed = splits.join(before, on=[*_SPLIT_KEY, "ratio"], how="anti").select(before.columns)
        kept = before.join(changed, on=_SPLIT_KEY, how="anti")
        self.tables = replace(self.tables, splits=pl.concat([kept, changed]).sort(_SPLIT_KEY))
        return changed.height

    def _revised(self, stored: pl.DataFrame, corrected: pl.DataFrame) -> pl.DataFrame:
        at = corrected.select(*CANDLE_KEY, pl.col("fetched_at").alias("revised_at"))
        old = stored.join(at, on=CANDLE_KEY).with_columns(pl.lit(self.run_id, pl.Int64).alias("run_id"))
        return pl.concat([self.tables.revisions, old.select(REVISION_SCHEMA.names())])


def inside(rows: pl.DataFrame, instrument_ids: Sequence[int], interval: Interval) -> pl.DataFrame:
    """Return the rows of these instruments that are stamped in `interval`."""
    wanted = pl.Series(list(instrument_ids), dtype=CANDLE_SCHEMA["instrument_id"])
    is_inside = pl.col("opened_at").is_between(interval.start, interval.end, closed="left")
    return rows.filter(pl.col("instrument_id").is_in(wanted.implode()) & is_inside)
