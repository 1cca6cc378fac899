"""How fresh stored candles are: the newest row of each series against the candles that are promised by now.

What is promised is said in `expected`. A missing candle that lies in a gap whose reason explains it is no fault.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.coverage import Gap, Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.expected import FreshnessLimits, Habits, Promise, days_promised, hours_promised
from trend_platform.ingest.workshop import Workshop

# Where no provider is at hand to say it, what is stored is taken to come from one that settles some time after the close.
_UNKNOWN = Habits(settles_after=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class CandleLook:
    """What was found of one series.

    Attributes:
        symbol: The instrument.
        expected_at: Stamp of the newest candle that should be there; `None` if none should.
        found_at: Stamp of the newest one that is; `None` if there is none.
        is_stale: Whether what is expected is missing, or forming although it is over.
        reason: Why it is stale, or why what is missing is no fault; empty if all is well.
    """

    symbol: str
    expected_at: datetime | None
    found_at: datetime | None
    is_stale: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    newest: datetime
    unfinished: datetime | None


def look_at_candles(
    workshop: Workshop, instruments: Sequence[Instrument], timeframe: Timeframe, limits: FreshnessLimits
) -> Iterator[CandleLook]:
    """Yield how fresh each instrument's candles are, in the order given."""
    now = workshop.clock.now()
    promised: dict[tuple[str, Habits], Promise] = {}
    promises: dict[int, Promise] = {}
    for one in instruments:
        if habits := _habits(workshop, one, timeframe):
            kind = (one.calendar, habits)
            if kind not in promised:
                promised[kind] = _promise(one.calendar, timeframe, now, habits, limits)
            promises[one.instrument_id] = promised[kind]
    rows = _rows(workshop, timeframe, promises, now)
    late = [one for one, promise in promises.items() if _is_late(promise, rows.get(one))]
    ledgers = workshop.storage.market.ledgers(late, timeframe) if late else {}
    for one in instruments:
        yield _look(one, timeframe, promises.get(one.instrument_id), rows.get(one.instrument_id), ledgers)


def _habits(workshop: Workshop, instrument: Instrument, timeframe: Timeframe) -> Habits | None:
    if not workshop.providers:
        return _UNKNOWN
    for provider in workshop.providers:
        able = provider.capabilities
        serves = instrument.asset_class in able.asset_classes and timeframe in able.timeframes
        if serves and provider.symbol_of(instrument) is not None:
            return Habits(able.settling(timeframe), able.serves_forming)
    return None


def _promise(name: str, timeframe: Timeframe, now: datetime, habits: Habits, limits: FreshnessLimits) -> Promise:
    promised = days_promised if timeframe is Timeframe.D1 else hours_promised
    return promised(get_calendar(name), now, habits, limits)


def _rows(workshop: Workshop, timeframe: Timeframe, promises: Mapping[int, Promise], now: datetime) -> dict[int, _Row]:
    groups: dict[Promise, list[int]] = {}
    for one, promise in promises.items():
        groups.setdefault(promise, []).append(one)
    rows: dict[int, _Row] = {}
    for promise, ids in groups.items():
        since = promise.final or promise.stored
        if since is None:
            continue
        candles = workshop.storage.market.candles(ids, timeframe, Interval(since, max(since, now)))
        rows |= _summed_up(candles, promise)
        if lost := [one for one in ids if one not in rows]:
            rows |= _summed_up(workshop.storage.market.recent(lost, timeframe, since, 1), promise)
    return rows


def _summed_up(candles: pl.DataFrame, promise: Promise) -> dict[int, _Row]:
    due = pl.col("opened_at").filter(~pl.col("is_final") & (pl.col("opened_at") <= pl.lit(promise.final)))
    summed = candles.group_by("instrument_id").agg(pl.col("opened_at").max(), due.min().alias("unfinished"))
    return {one: _Row(newest, unfinished) for one, newest, unfinished in summed.iter_rows()}


def _is_late(promise: Promise, row: _Row | None) -> bool:
    if promise.stored is None:
        return False
    return row is None or row.newest < promise.stored or row.unfinished is not None


def _look(
    instrument: Instrument,
    timeframe: Timeframe,
    promise: Promise | None,
    row: _Row | None,
    ledgers: Mapping[int, Ledger],
) -> CandleLook:
    symbol, found = instrument.symbol, row.newest if row else None
    if promise is None:
        return CandleLook(
            symbol, None, found, is_stale=False, reason=f"no provider at hand serves {timeframe} candles of it"
        )
    fresh = CandleLook(symbol, promise.stored, found, is_stale=False)
    if promise.stored is None or not _is_late(promise, row):
        return fresh
    if promise.stored not in instrument.lifetime and not (row and row.unfinished):
        return replace(
            fresh, expected_at=None, reason=f"{symbol} was not listed at {promise.stored:%Y-%m-%d %H:%M} UTC"
        )
    gap = _gap_at(ledgers.get(instrument.instrument_id, Ledger()), promise.stored)
    if gap and gap.reason.explains:
        return replace(fresh, reason=f"{gap.reason}: {gap.evidence}")
    return replace(
        fresh, is_stale=True, reason=_why(promise, row) + (f" ({gap.reason}: {gap.evidence})" if gap else "")
    )


def _gap_at(ledger: Ledger, stamp: datetime) -> Gap | None:
    return next((gap for gap in ledger.gaps if stamp in gap.interval), None)


def _why(promise: Promise, row: _Row | None) -> str:
    if row is None:
        return f"there is no candle, the one of {promise.stored:%Y-%m-%d %H:%M} UTC is expected"
    if promise.stored and row.newest < promise.stored:
        return f"the newest candle is of {row.newest:%Y-%m-%d %H:%M} UTC, the one of {promise.stored:%Y-%m-%d %H:%M} is expected"
    return f"the candle of {row.unfinished:%Y-%m-%d %H:%M} UTC is over and still marked as forming"
