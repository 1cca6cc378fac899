"""One batch of answers on its way into the database: judged, stored and accounted for in one transaction.

A killed process therefore leaves either candles with their account or neither, and the next run completes the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from trend_platform.domain.calendars import Instants, get_calendar
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere, ProviderError
from trend_platform.ingest.account import account
from trend_platform.ingest.holes import Observation
from trend_platform.ingest.plan import PlannedCall
from trend_platform.ingest.stretches import stretches
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Answer
from trend_platform.quality.judge import Surroundings, judge
from trend_platform.storage.base import MarketTransaction, Upsert

_NONE: Instants = np.empty(0, dtype=np.int64)
_NO_OPENS = pl.DataFrame(schema={name: CANDLE_SCHEMA[name] for name in ("instrument_id", "opened_at")})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A planned call and what came of it.

    Attributes:
        call: What was planned.
        answer: What the provider answered; empty and ending at its start where it answered nothing.
        at: When the answer was complete.
    """

    call: PlannedCall
    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one batch.

    Attributes:
        received: Rows the providers sent.
        upserted: What became of the good ones.
        rejected: Rows set aside.
        warnings: Rows stored although a rule had something to say, by rule.
        left_open: Per provider and instrument id, what this provider was asked and did not settle.
        left_out: Per provider and instrument id, how many candles its answer left out without an explanation.
    """

    received: int
    upserted: Upsert
    rejected: int
    warnings: Mapping[str, int] = field(default_factory=dict)
    left_open: Mapping[tuple[str, int], Spans] = field(default_factory=dict)
    left_out: Mapping[tuple[str, int], int] = field(default_factory=dict)


def no_answer(call: PlannedCall, error: ProviderError) -> Answer:
    """Return the answer that a call amounts to when its provider raised `error`.

    A symbol the provider does not know is an answer (nothing is there); any other error answers nothing.
    """
    asked = call.request.interval
    is_fact = isinstance(error, NothingThere)
    ids = frozenset(instrument.instrument_id for instrument in call.request.instruments)
    return Answer(
        candles=pl.DataFrame(schema=CANDLE_SCHEMA),
        answered=asked if is_fact else Interval(asked.start, asked.start),
        calls=error.calls,
        nothing_there=ids if is_fact else frozenset(),
        failure=None if is_fact else error,
        evidence=str(error),
    )


def write_batch(workshop: Workshop, run_id: int, timeframe: Timeframe, batch: Sequence[Fetched]) -> Written:
    """Judge, store and account for a batch of answers; all of one timeframe, no candle asked twice.

    Raises:
        UnavailableError: The database does not answer; nothing of the batch is stored.
        SimulatedDataRefused: The prices do not belong into this database.
    """
    instruments = _instruments(batch)
    # Answers come in any order; the parts of one series are judged in that of time.
    in_order = sorted(batch, key=lambda fetched: fetched.call.request.interval)
    candles = pl.concat([fetched.answer.candles for fetched in in_order])
    verdict = judge(candles, _surroundings(workshop, instruments, timeframe, candles, batch[-1].at))
    unreadable = pl.concat([fetched.answer.rejected for fetched in batch])
    with workshop.storage.market.begin(run_id) as transaction:
        transaction.lock(list(instruments))
        parts = stretches(verdict.accepted) if timeframe.is_intraday else [verdict.accepted]
        upserted = sum(map(transaction.upsert, parts), Upsert())
        rejected = pl.concat([unreadable, verdict.rejected]).select(QUARANTINE_SCHEMA.names())
        if rejected.height:
            transaction.quarantine(rejected)
        left = _account_for(transaction, workshop, timeframe, batch, rejected)
    upserted += Upsert(unchanged=verdict.duplicates)
    received = candles.height + unreadable.height
    return Written(received, upserted, rejected.height, verdict.warnings, left.open, left.out)


@dataclass(frozen=True, slots=True)
class _Left:
    # What is left of a batch, by provider and instrument id: spans to ask of others, and candles that answers left out.
    open: dict[tuple[str, int], Spans] = field(default_factory=dict)
    out: dict[tuple[str, int], int] = field(default_factory=dict)


def _instruments(batch: Sequence[Fetched]) -> dict[int, Instrument]:
    return {one.instrument_id: one for fetched in batch for one in fetched.call.request.instruments}


def _surroundings(
    workshop: Workshop, instruments: dict[int, Instrument], timeframe: Timeframe, candles: pl.DataFrame, now: datetime
) -> Surroundings:
    market, ids = workshop.storage.market, sorted(candles["instrument_id"].unique())
    first = candles["opened_at"].min()
    recent = pl.DataFrame(schema=CANDLE_SCHEMA)
    if isinstance(first, datetime):
        recent = market.recent(ids, timeframe, first, workshop.policy.context_candles)
    return Surroundings(instruments, recent, market.splits(ids), timeframe, now)


def _account_for(
    transaction: MarketTransaction,
    workshop: Workshop,
    timeframe: Timeframe,
    batch: Sequence[Fetched],
    rejected: pl.DataFrame,
) -> _Left:
    ids, left = sorted(_instruments(batch)), _Left()
    stored = _by_instrument(_stored_opens(transaction, timeframe, batch))
    refused = _by_instrument(rejected.drop_nulls(["instrument_id", "opened_at"]))
    before = transaction.ledgers(ids, timeframe)
    after = dict(before)
    for fetched in batch:
        sent = dict(fetched.answer.candles["instrument_id"].value_counts().iter_rows())
        for instrument in fetched.call.request.instruments:
            one = instrument.instrument_id
            seen = _observation(workshop, fetched, instrument, sent.get(one, 0))
            after[one] = account(
                seen, after[one], stored.get(one, _NONE), refused.get(one, _NONE), workshop.policy.belief
            )
            if open_ := _left_open(seen, after[one]):
                # A series that is asked in parts may stand in a batch several times.
                key = fetched.call.provider, one
                left.open[key] = left.open.get(key, Spans()) | open_
                left.out[key] = left.out.get(key, 0) + _left_out(seen, after[one])
    transaction.replace_ledgers(timeframe, before, after)
    return left


def _stored_opens(transaction: MarketTransaction, timeframe: Timeframe, batch: Sequence[Fetched]) -> pl.DataFrame:
    # Days are few, so one look brings all of them; of minutes only those that were asked for are read.
    asked = Spans.of(fetched.call.request.interval for fetched in batch)
    looks = asked if timeframe.is_intraday or asked.hull is None else (asked.hull,)
    return pl.concat(
        [_NO_OPENS]
        + [
            transaction.stored_opens(
                sorted(_instruments([one for one in batch if one.call.request.interval & span])), timeframe, span
            )
            for span in looks
        ]
    )


def _observation(workshop: Workshop, fetched: Fetched, instrument: Instrument, sent: int) -> Observation:
    request, answer = fetched.call.request, fetched.answer
    provider = next(one for one in workshop.providers if one.name == fetched.call.provider)
    settled = get_calendar(instrument.calendar).closed_until(
        request.timeframe, fetched.at - provider.capabilities.settling(request.timeframe)
    )
    return Observation(
        instrument,
        request.timeframe,
        fetched.call.provider,
        request.interval,
        answer.answered_of(instrument.instrument_id),
        settled,
        fetched.at,
        answer.evidence,
        sent,
        answer.failure,
        instrument.instrument_id in answer.nothing_there,
        provider.capabilities.leaves_out_silence,
    )


def _left_open(seen: Observation, ledger: Ledger) -> Spans:
    # What the next provider should be asked: what was not answered, and holes this one could not explain.
    unanswered = Spans((seen.asked,)) - Spans((seen.answered,)) if seen.failure else Spans()
    holes = Spans.of(
        gap.interval & seen.asked for gap in ledger.gaps if gap.interval.start in seen.asked and not gap.reason.explains
    )
    return unanswered | holes


def _left_out(seen: Observation, ledger: Ledger) -> int:
    return sum(
        gap.missing
        for gap in ledger.gaps
        if gap.provider == seen.provider and gap.interval.start in seen.answered and not gap.reason.explains
    )


def _by_instrument(rows: pl.DataFrame) -> dict[int, Instants]:
    ordered = rows.sort("instrument_id", "opened_at")
    stamps = ordered["opened_at"].cast(pl.Int64).to_numpy()
    ids, starts = np.unique(ordered["instrument_id"].to_numpy(), return_index=True)
    return {int(one): part for one, part in zip(ids, np.split(stamps, starts)[1:], strict=True)}
