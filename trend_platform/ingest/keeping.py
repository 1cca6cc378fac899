"""Keeping what providers tell of splits, dividends and delistings: settled against what is known, stored, and disagreements put on record.

Stored candles are never touched; hot series that a new split touches are written anew, or forgotten.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ActionKind, empty_actions
from trend_platform.domain.claims import RECENT, Asked, Settled, settle
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.ranges import HISTORICAL_RANGES, Range, range_window
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.measures import Metric

DISPUTES: Final = "action_dispute"
"""What the measurements are called that keep a disagreement; their value is what the other provider says, 0 where nothing."""

# Disputes that are told again with each refresh are recorded once: so many of the last ones are looked at.
_REMEMBERED: Final = 2000


def keep_told(workshop: Workshop, told: pl.DataFrame, asked: Asked) -> Settled:
    """Store what an answer changes, and record what its provider disputes.

    Args:
        workshop: The ports.
        told: Action frame: the answer.
        asked: What it answers.

    Raises:
        UnavailableError: The database does not answer; nothing is stored.
    """
    actions = workshop.storage.actions
    known = actions.of(sorted(asked.instrument_ids))
    settled = settle(known, told, asked, workshop.clock.now().date())
    if settled.added.height or settled.removed.height:
        actions.record(settled.added, settled.removed)
    if settled.disputes.height:
        _record_disputes(workshop, settled.disputes)
    return settled


def changed_splits(settled: Iterable[Settled]) -> pl.DataFrame:
    """Return the splits that answers have added, changed or dropped, as an action frame."""
    frames = [frame for one in settled for frame in (one.added, one.removed)]
    changed = pl.concat([empty_actions(), *frames])
    return changed.filter(pl.col("kind") == ActionKind.SPLIT.value).unique(ACTION_KEY, keep="first").sort(ACTION_KEY)


def refresh_touched(workshop: Workshop, instruments: Sequence[Instrument], splits: pl.DataFrame) -> tuple[int, int]:
    """Write the hot series anew that hold candles before one of `splits`; return how many were written and skipped.

    Splits that are only announced touch nothing yet; those whose day has just come do, so they belong into `splits` as well.
    """
    today = workshop.clock.now().date()
    latest = splits.filter(pl.col("ex_date") <= today).group_by("instrument_id").agg(pl.col("ex_date").max())
    by_ranges: dict[tuple[Range, ...], list[Instrument]] = {}
    days: dict[int, date] = dict(latest.iter_rows())
    for one in instruments:
        if one.instrument_id in days:
            by_ranges.setdefault(_touched(days[one.instrument_id], today), []).append(one)
    counts = [refresh_series(workshop, some, ranges) for ranges, some in by_ranges.items()]
    return sum(written for written, _ in counts), sum(skipped for _, skipped in counts)


def coming_into_force(workshop: Workshop, instruments: Sequence[Instrument]) -> pl.DataFrame:
    """Return the splits of today and yesterday (action frame): known before, and in force only now."""
    today = workshop.clock.now().date()
    known = workshop.storage.actions.of([one.instrument_id for one in instruments])
    is_now = pl.col("ex_date").is_between(today - timedelta(days=1), today)
    return known.filter((pl.col("kind") == ActionKind.SPLIT.value) & is_now)


def open_disputes(workshop: Workshop) -> tuple[Metric, ...]:
    """Return the disputes about actions of the last weeks that are still kept as they were disputed, newest first."""
    today = workshop.clock.now().date()
    found = [
        one
        for one in workshop.storage.metrics.latest(DISPUTES, _REMEMBERED)
        if date.fromisoformat(str(one.details["ex_date"])) >= today - RECENT
    ]
    known = workshop.storage.actions.of(sorted({one.instrument_id for one in found if one.instrument_id is not None}))
    value = pl.coalesce("ratio", "amount")
    kept = set(known.select("instrument_id", "kind", pl.col("ex_date").dt.to_string("%Y-%m-%d"), value).iter_rows())
    names = ("kind", "ex_date", "value")
    return tuple(one for one in found if (one.instrument_id, *(one.details[name] for name in names)) in kept)


def _touched(ex_date: date, today: date) -> tuple[Range, ...]:
    # A range that begins with the split or after it has no candle on the old share count.
    return tuple(one for one in HISTORICAL_RANGES if range_window(one, today).start.date() < ex_date)


def _record_disputes(workshop: Workshop, disputes: pl.DataFrame) -> None:
    metrics, now = workshop.storage.metrics, workshop.clock.now()
    known = {(one.instrument_id, *sorted(one.details.items())) for one in metrics.latest(DISPUTES, _REMEMBERED)}
    found = []
    for row in disputes.iter_rows(named=True):
        details = {
            "kind": row["kind"],
            "ex_date": row["ex_date"].isoformat(),
            "provider": row["provider"],
            "value": row["value"],
            "other": row["other"],
            "other_date": row["other_date"] and row["other_date"].isoformat(),
            "other_value": row["other_value"],
        }
        if (row["instrument_id"], *sorted(details.items())) not in known:
            found.append(Metric(now, DISPUTES, row["other_value"] or 0.0, row["instrument_id"], None, details))
    metrics.add(found)
