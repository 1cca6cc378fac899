"""Delistings: which shares look gone, which told day can be theirs, and what a kept one does to an instrument's lifetime.

Who tells them is asked in `actions`; what a person says comes through `own_actions` and ends a lifetime in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import DELISTING_SCHEMA, ActionKind
from trend_platform.domain.claims import RECENT, Settled
from trend_platform.domain.coverage import Gap, GapReason
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.account import DELISTED_AFTER
from trend_platform.ingest.workshop import Workshop

# What a provider's silence after the last candle is called, whether it is believed yet or not.
_SILENT: Final = frozenset({GapReason.AFTER_DELISTING, GapReason.NO_TRADES, GapReason.UNKNOWN})


def looking_gone(workshop: Workshop, shares: Sequence[Instrument]) -> dict[int, date]:
    """Return the day of the last daily candle of each share that looks gone, by its number.

    One looks gone whose providers have answered for `DELISTED_AFTER` sessions after that candle and had nothing. A stale store is
    no sign: what nobody has asked for is not missed. One that ended in the last weeks, or will, is looked at again; one before is settled.
    """
    today = workshop.clock.now().date()
    ended = {one.instrument_id: one.delisted_on for one in shares if one.delisted_on is not None}
    recent = {number for number, day in ended.items() if day >= today - RECENT}
    open_ = [one.instrument_id for one in shares if one.instrument_id not in ended]
    ledgers = workshop.storage.market.ledgers(open_, Timeframe.D1)
    silent = {number: ledger.gaps for number, ledger in ledgers.items() if _missing(ledger.gaps) >= DELISTED_AFTER}
    last = _last_days(workshop, [*recent, *silent])
    return {number: day for number, day in last.items() if number in recent or _is_silent(silent[number], day)}


def fitting(told: pl.DataFrame, last_days: Mapping[int, date]) -> pl.DataFrame:
    """Return the delisting frame of those that can be meant: the first one of each share that no stored candle contradicts.

    A symbol may have had another bearer before, whose end is not this one's. A day on which it still traded, as some providers
    date it, becomes the day after.

    Args:
        told: Delisting frame.
        last_days: The day of the last candle, by instrument.
    """
    rows = {"instrument_id": list(last_days), "last": list(last_days.values())}
    known = pl.DataFrame(rows, schema={"instrument_id": pl.Int32(), "last": pl.Date()})
    after = told.join(known, on="instrument_id", how="inner").filter(pl.col("ex_date") >= pl.col("last"))
    dated = after.with_columns(pl.max_horizontal("ex_date", pl.col("last") + timedelta(days=1)).alias("ex_date"))
    first = dated.sort("instrument_id", "ex_date").unique("instrument_id", keep="first", maintain_order=True)
    return first.select(DELISTING_SCHEMA.names())


def settle_lifetimes(workshop: Workshop, instruments: Iterable[Instrument], settled: Settled) -> None:
    """Let lifetimes end where the kept delistings say, and go on where one was dropped.

    Raises:
        UnavailableError: The database does not answer; the next refresh brings it about.
    """
    by_id = {one.instrument_id: one for one in instruments}
    days: dict[int, date | None] = dict.fromkeys(_delisted(settled.removed))
    days |= _delisted(workshop.storage.actions.of(sorted(by_id)))
    for number, day in days.items():
        if by_id[number].delisted_on != day:
            end_lifetime(workshop, by_id[number], day)


def end_lifetime(workshop: Workshop, instrument: Instrument, day: date | None) -> Instrument:
    """Let nothing be expected of an instrument from `day` on, or again if it is `None`; return it as it is then.

    Raises:
        UnavailableError: The database does not answer.
    """
    (after,) = workshop.storage.universe.add([replace(instrument, delisted_on=day)])
    return after


def _delisted(actions: pl.DataFrame) -> dict[int, date]:
    ends = actions.filter(pl.col("kind") == ActionKind.DELISTING.value).sort("ex_date")
    return dict(ends.select("instrument_id", "ex_date").iter_rows())


def _last_days(workshop: Workshop, instrument_ids: Sequence[int]) -> dict[int, date]:
    if not instrument_ids:
        return {}
    last = workshop.storage.market.recent(instrument_ids, Timeframe.D1, workshop.clock.now(), 1)
    return dict(last.select("instrument_id", pl.col("opened_at").dt.date()).iter_rows())


def _is_silent(gaps: Iterable[Gap], last: date) -> bool:
    return _missing(gap for gap in gaps if gap.interval.start.date() > last) >= DELISTED_AFTER


def _missing(gaps: Iterable[Gap]) -> int:
    return sum(gap.missing for gap in gaps if gap.reason in _SILENT)
