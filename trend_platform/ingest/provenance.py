"""Where a candle comes from: the runs and requests that may have brought it, and what the rules say of it today.

Reads only. Requests and answers are known where answers were archived; a candle itself names its provider and its time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.kept_requests import KeptRequest, request_of
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.judge import judge
from trend_platform.quality.rules.catalogue import CANDLE_RULES
from trend_platform.quality.verdict import Surroundings
from trend_platform.storage.archive.reading import ArchiveReader, Kept
from trend_platform.storage.runs import RunRecord

_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)

_WITHOUT_CANDLES: Final = ("latest", "economic", "news", "social")
"""Kinds of runs that never store candles."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who was asked for a candle, and how.

    Attributes:
        runs: Ingest runs that were under way when it was fetched; more than one where runs overlapped.
        requests: Archived requests for it that were under way then.
        answers: Archived answers that came while these were; `digest` names the body in the archive.
    """

    runs: tuple[RunRecord, ...] = ()
    requests: tuple[KeptRequest, ...] = ()
    answers: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a stored candle today, with what is stored around it.

    Attributes:
        passed: Rules that have nothing to say, by id.
        warned: Rules that have something to say and let it pass.
        broken: Rules that would set it aside now, with what they say.
    """

    passed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)


def provenance_of(
    workshop: Workshop, instrument: Instrument, timeframe: Timeframe, opened_at: datetime, provider: str, at: datetime
) -> Provenance:
    """Return how a provider was asked for one candle at `at`, or around it.

    Raises:
        UnavailableError: The database does not answer.
        UsageError: The archive is damaged.
    """
    runs = tuple(one for one in workshop.storage.runs.under_way(at) if one.kind not in _WITHOUT_CANDLES)
    if workshop.archive is None:
        return Provenance(runs)
    reader = ArchiveReader(workshop.archive.folder)
    requests = tuple(
        asked
        for asked in map(request_of, reader.requests(at.date()))
        if asked.route is not None
        and (asked.provider, asked.timeframe) == (provider, timeframe)
        and instrument.symbol in asked.symbols
        and opened_at in asked.interval
        and asked.asked_at <= at <= asked.at
    )
    if not requests:
        return Provenance(runs)
    first = min(asked.asked_at for asked in requests)
    answers = tuple(
        kept
        for kept in reader.answers(provider, first.date())
        if any(asked.asked_at <= kept.asked_at <= asked.at for asked in requests)
    )
    return Provenance(runs, requests, answers)


def judged(workshop: Workshop, instrument: Instrument, candle: pl.DataFrame) -> Judged:
    """Return what the rules say of one stored candle: a candle frame of one row.

    Raises:
        UnavailableError: The database does not answer.
    """
    row = candle.row(0, named=True)
    timeframe, opened_at, one = Timeframe(row["timeframe"]), row["opened_at"], instrument.instrument_id
    market, count = workshop.storage.market, workshop.policy.context_candles
    step = timeframe.step if timeframe.is_intraday else _DAY
    after = Interval(opened_at + _TICK, opened_at + _TICK + step * count)
    around = pl.concat([market.recent([one], timeframe, opened_at, count), market.candles([one], timeframe, after)])
    known = Surroundings({one: instrument}, around, market.splits([one]), timeframe, row["fetched_at"])
    verdict = judge(candle, known)
    broken = dict(verdict.rejected.select("rule", "reason").iter_rows())
    told = {*verdict.warnings, *broken}
    passed = tuple(rule.id for rule in CANDLE_RULES if rule.id not in told)
    return Judged(passed, tuple(verdict.warnings), broken)
