"""Writing candles: straight COPY where a series has nothing in the window, else only what differs.

Everything happens in the caller's transaction. An upsert that changes nothing writes nothing. Old values of corrected
candles are kept as revisions by the same statement that reads them.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import polars as pl
import psycopg
from psycopg import sql
from psycopg.errors import UniqueViolation

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UnavailableError
from trend_platform.storage.base import Upsert
from trend_platform.storage.changes import Changes, compare, joined
from trend_platform.storage.timescale import candle_reads, repair_rows, touches
from trend_platform.storage.timescale.binary import encode
from trend_platform.storage.timescale.tables import SCHEMA, candle_table
from trend_platform.storage.touches import touched_by

_ATTEMPTS: Final = 5
_KEY: Final = ("instrument_id", "opened_at")
_TICK: Final = timedelta(microseconds=1)
_STAGED: Final = sql.Identifier("pg_temp", "staged_candles")
_COLUMNS: Final = sql.SQL(", ").join(map(sql.Identifier, CANDLE_SCHEMA))
_REST: Final = [name for name in CANDLE_SCHEMA if name not in CANDLE_KEY]

_COPY: Final = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT binary)")
_STAGE: Final = sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS staged_candles (LIKE {table}) ON COMMIT DROP")
# The bounds are repeated as constants, so that only chunks in question are opened; the rows are locked, so that a
# writer that holds no lock cannot slip a change in between revision and update.
_MATCH: Final = sql.SQL(
    "stored.instrument_id = staged.instrument_id AND stored.timeframe = staged.timeframe "
    "AND stored.opened_at = staged.opened_at AND stored.opened_at >= %(start)s AND stored.opened_at <= %(end)s "
    "AND (staged.is_final OR NOT stored.is_final)"
)
_REVISE: Final = sql.SQL(
    "INSERT INTO {revisions} ({columns}, revised_at, run_id) SELECT {stored}, staged.fetched_at, %(run_id)s "
    "FROM {table} AS stored JOIN {staged} AS staged ON {match} WHERE stored.is_final FOR UPDATE OF stored"
)
_UPDATE: Final = sql.SQL("UPDATE {table} AS stored SET {assignments} FROM {staged} AS staged WHERE {match}")


@dataclass(frozen=True, slots=True)
class _Written:
    # Windows in which all stored keys are known, the keys just upserted, and stored ones that may lie outside.
    windows: pl.DataFrame
    upserted: pl.DataFrame
    stored: pl.DataFrame

    def keys(self) -> pl.DataFrame:
        if self.stored.is_empty():
            return self.upserted
        beside = self.stored.join(self.windows, on="instrument_id")
        inside = beside.filter(pl.col("opened_at").is_between("since", "until", closed="left"))
        return pl.concat([self.upserted, inside.select(_KEY)]).unique()


@dataclass(slots=True)
class CandleWriter:
    """The candle tables, as one transaction writes them.

    Attributes:
        connection: The transaction's connection.
        run_id: Number of the ingest run that revisions are recorded for.
        repair_id: The repair that what changes is kept for; `None` for none.
    """

    connection: psycopg.Connection
    run_id: int
    repair_id: int | None = None
    _written: dict[Timeframe, _Written] = field(default_factory=dict)

    def upsert(self, candles: pl.DataFrame, timeframe: Timeframe) -> Upsert:
        """Store candles of one timeframe; a candle frame, not empty.

        Raises:
            UnavailableError: Other writers, which hold no lock, store the same candles faster than they can be read.
        """
        if not candles["instrument_id"].is_sorted():
            candles = candles.sort(CANDLE_KEY)
        windows = candles.group_by("instrument_id", maintain_order=True).agg(
            pl.col("opened_at").min().alias("since"), (pl.col("opened_at").max() + _TICK).alias("until")
        )
        self._written.pop(timeframe, None)
        ids = candle_reads.occupied(self.connection, timeframe, windows)
        for _ in range(_ATTEMPTS):
            try:
                with self.connection.transaction():
                    return self._write(candles, timeframe, windows, ids)
            except UniqueViolation:
                # Somebody who holds no lock was faster: what is stored now decides.
                ids = windows["instrument_id"].to_list()
        raise UnavailableError(
            f"candles of {timeframe.value} are being stored by another writer at the same time: end it, then run this again"
        )

    def stored_opens(self, instrument_ids: list[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the keys stored in `interval`, sorted; what this transaction just wrote is not read again."""
        asked = pl.DataFrame({"instrument_id": pl.Series(sorted(set(instrument_ids)), dtype=pl.Int32)}).with_columns(
            pl.lit(interval.start, CANDLE_SCHEMA["opened_at"]).alias("since"),
            pl.lit(interval.end, CANDLE_SCHEMA["opened_at"]).alias("until"),
        )
        known = self._written.get(timeframe)
        if known is None:
            found = candle_reads.keys(self.connection, timeframe, asked)
        else:
            inside = pl.col("opened_at").is_between(interval.start, interval.end, closed="left")
            remembered = known.keys().filter(inside).join(asked, on="instrument_id", how="semi")
            rest = candle_reads.keys(self.connection, timeframe, _without(asked, known.windows))
            found = pl.concat([remembered, rest])
        return found.sort(_KEY)

    def _write(self, candles: pl.DataFrame, timeframe: Timeframe, windows: pl.DataFrame, ids: list[int]) -> Upsert:
        is_met = pl.col("instrument_id").is_in(ids)
        met = candles if len(ids) == windows.height else candles.filter(is_met)
        fresh = candles.clear() if met.height == candles.height else candles.filter(~is_met)
        changes, stored = self._compare(met, timeframe, windows.filter(is_met))
        self._copy(fresh, _table(timeframe))
        self._copy(changes.new, _table(timeframe))
        self._replace(changes, timeframe)
        if self.repair_id is not None:
            repair_rows.keep_inserted(self.connection, self.repair_id, self.run_id, [fresh, changes.new])
        self._written[timeframe] = _Written(windows, candles.select(_KEY), stored)
        touched = touched_by([fresh, changes.new, changes.corrected, changes.completed], timeframe)
        touches.add(self.connection, touched, self.run_id)
        return changes.upsert + Upsert(inserted=fresh.height)

    def _compare(
        self, candles: pl.DataFrame, timeframe: Timeframe, windows: pl.DataFrame
    ) -> tuple[Changes, pl.DataFrame]:
        # The changes, and the stored keys that may be none of ours.
        changes, strangers = [compare(candles.clear(), candles.clear())], [candles.clear().select(_KEY)]
        ids = windows["instrument_id"].to_list()
        for piece, stored in candle_reads.values(self.connection, ids, timeframe, _hull(windows)) if ids else ():
            incoming = _part(candles, piece)
            changes.append(compare(incoming, stored))
            if stored.height + changes[-1].new.height != incoming.height:
                strangers.append(stored.select(_KEY))
        return joined(changes), pl.concat(strangers)

    def _replace(self, changes: Changes, timeframe: Timeframe) -> None:
        changed = pl.concat([changes.corrected, changes.completed])
        if changed.is_empty():
            return
        names = {"table": _table(timeframe), "staged": _STAGED, "match": _MATCH, "columns": _COLUMNS}
        stamps = changed["opened_at"]
        parameters = {"start": stamps.min(), "end": stamps.max(), "run_id": self.run_id}
        with self.connection.cursor() as cursor:
            cursor.execute(_STAGE.format(**names))
            cursor.execute(sql.SQL("TRUNCATE {}").format(_STAGED))
            self._copy(changed, _STAGED)
            if changes.corrected.height:
                stored = sql.SQL(", ").join(sql.Identifier("stored", name) for name in CANDLE_SCHEMA)
                revisions = sql.Identifier(SCHEMA, "candle_revisions")
                cursor.execute(_REVISE.format(revisions=revisions, stored=stored, **names), parameters)
            if self.repair_id is not None:
                kept = repair_rows.KEEP_CHANGED.format(kept=repair_rows.TABLE, last=repair_rows.LAST, **names)
                cursor.execute(kept, parameters | {"repair_id": self.repair_id})
            assignments = sql.SQL(", ").join(
                sql.SQL("{0} = {1}").format(sql.Identifier(name), sql.Identifier("staged", name)) for name in _REST
            )
            cursor.execute(_UPDATE.format(assignments=assignments, **names), parameters)

    def _copy(self, candles: pl.DataFrame, table: sql.Identifier) -> None:
        if candles.is_empty():
            return
        statement = _COPY.format(table=table, columns=_COLUMNS)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for block in encode(candles):
                copy.write(block)


def _hull(windows: pl.DataFrame) -> Interval:
    return Interval(min(windows["since"].to_list()), max(windows["until"].to_list()))


def _part(candles: pl.DataFrame, piece: candle_reads.Piece) -> pl.DataFrame:
    # Candles are sorted by instrument, and so are pieces.
    ids = candles["instrument_id"]
    first, last = ids.search_sorted(piece.instrument_ids[0]), ids.search_sorted(piece.instrument_ids[-1], "right")
    start, end = piece.interval.start, piece.interval.end
    return candles.slice(first, last - first).filter(pl.col("opened_at").is_between(start, end, closed="left"))


def _without(asked: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    # What of the asked windows lies left and right of the known ones; all of it where nothing is known.
    paired = asked.join(known, on="instrument_id", how="left", suffix="_known")
    left = paired.with_columns(pl.min_horizontal("until", "since_known").alias("until"))
    right = paired.filter(pl.col("until_known").is_not_null()).with_columns(
        pl.max_horizontal("since", "until_known").alias("since")
    )
    return pl.concat([left, right]).select("instrument_id", "since", "until")


def _table(timeframe: Timeframe) -> sql.Identifier:
    return sql.Identifier(SCHEMA, candle_table(timeframe).name)
