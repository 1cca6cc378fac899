"""Deciding about rows that were set aside: a released one is stored the normal way, a dropped one stays what it is.

Rules about neighbours voice a suspicion, and a person may know better. Rules about single candles do not: a candle that
contradicts itself or its calendar is not stored, whoever says so. Deciding the same again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import orjson
import polars as pl

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA, as_candles, empty_candles
from trend_platform.domain.coverage import Ledger, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import forgotten, record
from trend_platform.domain.quarantine import Aside, Decision
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import TrendError, UsageError
from trend_platform.ingest.stretches import stretches
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.judge import Surroundings, judge_rows
from trend_platform.storage.base import MarketTransaction, Upsert
from trend_platform.storage.quarantine import Chosen

RELEASE: Final = "release"
"""What runs that release rows are recorded as."""

_LOOK_AHEAD: Final = timedelta(days=62)  # the next candle of a series comes sooner, whatever its calendar


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision.

    Attributes:
        decision: What was decided.
        rows: Numbers of the rows for which it is new.
        already: Numbers of those that had been decided alike before; nothing was done for them.
        refused: Rows it cannot be decided for, each with the reason.
        upserted: What became of the candles released.
        run_id: The run that stored them; `None` where none was stored.
    """

    decision: Decision
    rows: tuple[int, ...] = ()
    already: tuple[int, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)
    upserted: Upsert = field(default_factory=Upsert)
    run_id: int | None = None

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "decision": self.decision.value,
            "rows": list(self.rows),
            "already": list(self.already),
            "refused": {str(row): why for row, why in self.refused.items()},
            "inserted": self.upserted.inserted,
            "corrected": self.upserted.corrected,
            "completed": self.upserted.completed,
            "unchanged": self.upserted.unchanged,
            "run_id": self.run_id,
        }


def drop(workshop: Workshop, ids: Sequence[int]) -> Decided:
    """Decide that rows set aside are wrong; they stay where they are, and are not shown as waiting any more.

    Raises:
        UsageError: A number is none of a row set aside.
    """
    rows = _rows(workshop, ids)
    released = rows.filter(pl.col("decision") == Decision.RELEASED.value)["quarantine_id"].to_list()
    dropped = rows.filter(pl.col("decision") == Decision.DROPPED.value)["quarantine_id"].to_list()
    open_ = rows.filter(pl.col("decision").is_null())["quarantine_id"].to_list()
    refused = dict.fromkeys(released, "it was released, and its candle is stored")
    if not open_:
        return Decided(Decision.DROPPED, (), tuple(dropped), refused)
    with workshop.storage.market.begin(0) as transaction:
        new = tuple(transaction.decide(open_, Decision.DROPPED, workshop.clock.now()))
    return Decided(Decision.DROPPED, new, tuple(dropped), refused)


def release(workshop: Workshop, ids: Sequence[int]) -> Decided:
    """Decide that rows set aside are right: store their candles, and account for them.

    A candle that is stored under the same key with other values is corrected, and leaves a revision.

    Raises:
        UsageError: A number is none of a row set aside.
        UnavailableError: The database went away; nothing was decided.
    """
    rows = _rows(workshop, ids)
    is_released = pl.col("decision").eq_missing(Decision.RELEASED.value)
    already = tuple(rows.filter(is_released)["quarantine_id"].to_list())
    candles, refused = releasable(workshop, rows.filter(~is_released))
    if candles.is_empty():
        return Decided(Decision.RELEASED, (), already, refused)
    numbers = candles["quarantine_id"].to_list()
    runs, clock = workshop.storage.runs, workshop.clock
    run_id = runs.start(RELEASE, orjson.dumps({"rows": numbers}).decode(), clock.now())
    try:
        done = _store(workshop, run_id, candles)
    except TrendError as error:
        runs.finish(run_id, "failed", orjson.dumps({"error": str(error)}).decode(), clock.now())
        raise
    done = replace(done, already=already, refused=refused)
    runs.finish(run_id, "done", orjson.dumps(done.as_dict()).decode(), clock.now())
    known = {one.instrument_id: one.symbol for one in workshop.storage.universe.instruments()}
    workshop.cache.forget(sorted({known[one] for one in candles["instrument_id"].unique()}))
    return done


def releasable(workshop: Workshop, rows: pl.DataFrame) -> tuple[pl.DataFrame, Mapping[int, str]]:
    """Return the candles of rows (`ASIDE_SCHEMA`) that may be stored, with `quarantine_id`; and why the others may not."""
    is_candle = ~pl.col("timeframe").is_in([one.value for one in Aside]) & pl.col("opened_at").is_not_null()
    others = rows.filter(~is_candle.fill_null(value=False))
    refused = dict.fromkeys(others["quarantine_id"].to_list(), "it holds no candle that could be stored")
    candles, unread = _candles(rows.filter(is_candle.fill_null(value=False)))
    refused |= unread | _twins(candles)
    candles = candles.filter(~pl.col("quarantine_id").is_in(list(refused)))
    refused |= _faulty(workshop, candles)
    return candles.filter(~pl.col("quarantine_id").is_in(list(refused))), refused


def _rows(workshop: Workshop, ids: Sequence[int]) -> pl.DataFrame:
    rows = workshop.storage.quarantine.rows(Chosen(ids=ids)) if ids else None
    strangers = sorted(set(ids) - set(rows["quarantine_id"])) if rows is not None else []
    if rows is None or strangers:
        found = f"no row set aside has the number {', '.join(map(str, strangers))}" if strangers else "no row is named"
        raise UsageError(f"{found}: `trend quarantine list` shows them with their numbers")
    return rows


def _candles(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, str]]:
    found, unread = [], {}
    for number, payload in rows.select("quarantine_id", "payload").iter_rows():
        try:
            row = pl.Series([payload]).str.json_decode(pl.Struct(CANDLE_SCHEMA)).struct.unnest()
            found.append(as_candles(row).with_columns(quarantine_id=pl.lit(number, pl.Int64)))
        except pl.exceptions.PolarsError:
            unread[number] = "it holds no candle that could be stored"
    nothing = empty_candles().with_columns(quarantine_id=pl.lit(None, pl.Int64))
    return pl.concat([nothing, *found]), unread


def _twins(candles: pl.DataFrame) -> dict[int, str]:
    twins = candles.filter(pl.struct(CANDLE_KEY).is_duplicated())["quarantine_id"].to_list()
    return dict.fromkeys(
        twins, "another of these rows says something about the same candle: name the one that is right"
    )


def _faulty(workshop: Workshop, candles: pl.DataFrame) -> dict[int, str]:
    known = {one.instrument_id: one for one in workshop.storage.universe.instruments()}
    faulty: dict[int, str] = {}
    for (timeframe,), part in candles.group_by("timeframe", maintain_order=True):
        ids = part["instrument_id"].unique().to_list()
        around = Surroundings(
            known,
            empty_candles(),
            workshop.storage.market.splits(ids),
            Timeframe(str(timeframe)),
            workshop.clock.now(),
        )
        struck = judge_rows(part.select(CANDLE_SCHEMA.names()), around).select(*CANDLE_KEY, "reason")
        found = part.join(struck, on=CANDLE_KEY, suffix="_now").select("quarantine_id", "reason")
        faulty.update(found.iter_rows())
    return faulty


def _store(workshop: Workshop, run_id: int, candles: pl.DataFrame) -> Decided:
    known = {one.instrument_id: one for one in workshop.storage.universe.instruments()}
    with workshop.storage.market.begin(run_id) as transaction:
        transaction.lock(sorted(set(candles["instrument_id"])))
        new = tuple(transaction.decide(candles["quarantine_id"].to_list(), Decision.RELEASED, workshop.clock.now()))
        upserted = Upsert()
        for (timeframe,), part in candles.filter(pl.col("quarantine_id").is_in(new)).group_by("timeframe"):
            frame, length = part.select(CANDLE_SCHEMA.names()).sort(CANDLE_KEY), Timeframe(str(timeframe))
            parts = stretches(frame) if length.is_intraday else [frame]
            upserted = sum(map(transaction.upsert, parts), upserted)
            _account_for(transaction, known, length, frame.filter("is_final"))
    return Decided(Decision.RELEASED, new, upserted=upserted, run_id=run_id)


def _account_for(
    transaction: MarketTransaction, known: Mapping[int, Instrument], timeframe: Timeframe, candles: pl.DataFrame
) -> None:
    ids = sorted(set(candles["instrument_id"]))
    before = transaction.ledgers(ids, timeframe)
    after = dict(before)
    for row in candles.iter_rows(named=True):
        one = row["instrument_id"]
        opens = get_calendar(known[one].calendar).candle_opens(
            timeframe, Interval(row["opened_at"], row["opened_at"] + _LOOK_AHEAD)
        )
        place = Interval(row["opened_at"], from_us(opens[1]))
        span = Span(one, timeframe, place, row["provider"], row["fetched_at"])
        after[one] = _filled(after[one], span, known[one])
    transaction.replace_ledgers(timeframe, before, after)


def _filled(ledger: Ledger, span: Span, instrument: Instrument) -> Ledger:
    """Return the ledger without a gap where the candle is; somebody answered for that place, if nobody had before."""

    def count(interval: Interval) -> int:
        return len(get_calendar(instrument.calendar).candle_opens(span.timeframe, interval))

    gaps = forgotten(Ledger((), ledger.gaps), Spans((span.interval,)), count).gaps
    new = [replace(span, interval=part) for part in Spans((span.interval,)) - ledger.covered]
    return record(Ledger(ledger.spans, gaps), new, [], count)
