"""One unit of work on a market in memory: it changes its own view of the tables, which becomes the market's at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ACTION_SCHEMA, ActionKind, as_actions
from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import ASIDE_SCHEMA, QUARANTINE_SCHEMA, Decision
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import PriceKind, Upsert
from trend_platform.storage.changes import REVISION_SCHEMA, Changes, check_kind, compare, only_timeframe
from trend_platform.storage.memory.repair_rows import kept_ledgers, kept_rows
from trend_platform.storage.memory.tables import Tables
from trend_platform.storage.touches import touched_by, touched_by_ledgers, touched_by_splits

_SAME_ACTION: Final = (*ACTION_KEY, "ratio", "amount", "currency", "detail")
_SAME_ROW: Final = ("instrument_id", "timeframe", "opened_at", "provider", "rule", "reason")


@dataclass(slots=True)
class MemoryTransaction:
    """One unit of work.

    Attributes:
        kind: Which prices the market holds.
        run_id: Number of the ingest run it works for.
        tables: The market as this transaction sees it.
        repair_id: The repair that what it changes is kept for; `None` for none.
    """

    kind: PriceKind
    run_id: int
    tables: Tables
    repair_id: int | None = None

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
            self._touch(touched_by([written], timeframe))
            self._keep_rows(timeframe, changes, stored)
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
        self._keep_ledgers(timeframe, before, after)
        self.tables = replace(self.tables, ledgers=self.tables.ledgers | new)
        self._touch(touched_by_ledgers(before, after, timeframe))

    def quarantine(self, rows: pl.DataFrame) -> int:
        """Set rows aside (quarantine frame); return how many were not there for the same reason."""
        before = self.tables.quarantine
        # Where a row's time cannot be read, only its text tells it from another one.
        identity = pl.when(pl.col("opened_at").is_null()).then("payload").alias("text")
        given = rows.select(
            pl.lit(None).alias("quarantine_id"),
            *QUARANTINE_SCHEMA.names(),
            pl.lit(self.run_id).alias("run_id"),
            *(pl.lit(None).alias(name) for name in ("decision", "decided_at")),
        )
        known = pl.concat([before, given.cast(ASIDE_SCHEMA)]).with_columns(identity)
        after = known.unique([*_SAME_ROW, "text"], keep="first", maintain_order=True).drop("text")
        numbers = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("quarantine_id")
        self.tables = replace(self.tables, quarantine=after.with_columns(numbers))
        return after.height - before.height

    def decide(self, ids: Sequence[int], decision: Decision, at: datetime) -> Sequence[int]:
        """Decide about rows set aside; return, sorted, the numbers of those for which that is new."""
        rows, chosen = self.tables.quarantine, pl.col("decision")
        is_new = pl.col("quarantine_id").is_in(list(ids)) & chosen.ne_missing(decision.value)
        is_new &= chosen.ne_missing(Decision.RELEASED.value)
        new = rows.filter(is_new)["quarantine_id"].to_list()
        told = {"decision": pl.lit(decision.value), "decided_at": pl.lit(at)}
        changed = (
            pl.when(is_new).then(value).otherwise(name).cast(ASIDE_SCHEMA[name]).alias(name)
            for name, value in told.items()
        )
        self.tables = replace(self.tables, quarantine=rows.with_columns(changed))
        return tuple(sorted(new))

    def add_splits(self, splits: pl.DataFrame) -> int:
        """Store a split frame; return how many were new or had another ratio."""
        # Nobody says here when they were told: that is what `Actions.record` is for.
        return self.keep_actions(self.tables.actions, as_actions(splits, ActionKind.SPLIT, None))

    def keep_actions(self, left: pl.DataFrame, added: pl.DataFrame) -> int:
        """Make actions what is left of those before and `added` ones; return how many of the latter are new or changed."""
        changed = added.join(left, on=_SAME_ACTION, how="anti", nulls_equal=True).select(ACTION_SCHEMA.names())
        kept = left.join(changed, on=ACTION_KEY, how="anti")
        gone = self.tables.actions.join(kept, on=ACTION_KEY, how="anti")
        self.tables = replace(self.tables, actions=pl.concat([kept, changed]).sort(ACTION_KEY))
        self._touch(touched_by_splits([changed, gone]))
        return changed.height

    def _touch(self, windows: pl.DataFrame) -> None:
        self.tables = replace(self.tables, touched=pl.concat([self.tables.touched, windows]))

    def _keep_rows(self, timeframe: Timeframe, changes: Changes, stored: pl.DataFrame) -> None:
        if self.repair_id is not None:
            rows = kept_rows(self.repair_id, self.run_id, timeframe, changes, stored)
            self.tables = replace(self.tables, kept_rows=(*self.tables.kept_rows, rows))

    def _keep_ledgers(self, timeframe: Timeframe, before: Mapping[int, Ledger], after: Mapping[int, Ledger]) -> None:
        if self.repair_id is not None:
            kept = kept_ledgers(self.repair_id, timeframe, before, after)
            self.tables = replace(self.tables, kept_ledgers=(*self.tables.kept_ledgers, *kept))

    def _revised(self, stored: pl.DataFrame, corrected: pl.DataFrame) -> pl.DataFrame:
        at = corrected.select(*CANDLE_KEY, pl.col("fetched_at").alias("revised_at"))
        old = stored.join(at, on=CANDLE_KEY).with_columns(pl.lit(self.run_id, pl.Int64).alias("run_id"))
        return pl.concat([self.tables.revisions, old.select(REVISION_SCHEMA.names())])


def inside(rows: pl.DataFrame, instrument_ids: Sequence[int], interval: Interval) -> pl.DataFrame:
    """Return the rows of these instruments that are stamped in `interval`."""
    wanted = pl.Series(list(instrument_ids), dtype=CANDLE_SCHEMA["instrument_id"])
    is_inside = pl.col("opened_at").is_between(interval.start, interval.end, closed="left")
    return rows.filter(pl.col("instrument_id").is_in(wanted.implode()) & is_inside)
