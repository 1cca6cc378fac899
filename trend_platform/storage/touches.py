"""Which windows of a series a change has touched. Pure: every store asks here, and keeps the answer in its own way."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.coverage import Gap, GapReason, Ledger
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.rollup import coarser
from trend_platform.domain.timeframes import Timeframe

TOUCHED_SCHEMA: Final = pl.Schema(
    {"instrument_id": pl.Int32(), "timeframe": pl.String(), "start_at": INSTANT, "end_at": INSTANT}
)
"""A window of a series in which candles changed; half open."""

# Changed candles further apart than this are told apart: a correction of 2019 and today's candle are two windows.
_APART: Final = {True: timedelta(days=2), False: timedelta(days=31)}
_TICK: Final = timedelta(microseconds=1)

_EMPTYING: Final = frozenset({GapReason.NO_TRADES, GapReason.BEFORE_LISTING, GapReason.AFTER_DELISTING})
"""Reasons by which a candle is known to be absent for good, so that a coarser one is complete without it."""


def touched_by(changed: Iterable[pl.DataFrame], timeframe: Timeframe) -> pl.DataFrame:
    """Return the windows (`TOUCHED_SCHEMA`) of candles that were stored, corrected or taken away.

    Args:
        changed: Frames with `instrument_id` and `opened_at`.
        timeframe: That of all of them; from a week or a month nothing is rolled up.
    """
    frames = [frame.select("instrument_id", "opened_at") for frame in changed if frame.height]
    if not frames or not coarser(timeframe):
        return TOUCHED_SCHEMA.to_frame()
    ordered = pl.concat(frames).sort("instrument_id", "opened_at")
    is_next = (pl.col("opened_at").diff() > _APART[timeframe.is_intraday]) | pl.col("instrument_id").diff().ne(0)
    windows = ordered.group_by(
        "instrument_id", is_next.fill_null(value=False).cum_sum().alias("nth"), maintain_order=True
    )
    found = windows.agg(
        pl.col("opened_at").min().alias("start_at"), (pl.col("opened_at").max() + _TICK).alias("end_at")
    )
    return found.with_columns(pl.lit(timeframe.value).alias("timeframe")).select(TOUCHED_SCHEMA.names())


def touched_by_ledgers(before: Mapping[int, Ledger], after: Mapping[int, Ledger], timeframe: Timeframe) -> pl.DataFrame:
    """Return the windows (`TOUCHED_SCHEMA`) in which it changed that candles are absent because nothing traded."""
    rows = []
    for one in before.keys() | after.keys() if coarser(timeframe) else ():
        old, new = (_empty(ledgers.get(one, Ledger()).gaps) for ledgers in (before, after))
        if old != new:
            changed = (Spans.of(old) - Spans.of(new)) | (Spans.of(new) - Spans.of(old))
            rows += [(one, timeframe.value, span.start, span.end) for span in changed]
    return pl.DataFrame(rows, schema=TOUCHED_SCHEMA, orient="row")


def touched_by_splits(changed: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the windows (`TOUCHED_SCHEMA`) of days on which a split came, went or got another ratio.

    Args:
        changed: Split frames, or action frames, of which only the splits count.
    """
    frames = []
    for frame in changed:
        splits = frame.filter(pl.col("kind") == ActionKind.SPLIT.value) if "kind" in frame.columns else frame
        frames.append(splits.select("instrument_id", "ex_date"))
    day = pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    ends = (day + timedelta(days=1)).alias("end_at")
    windows = pl.concat(frames).unique().sort("instrument_id", "ex_date")
    return windows.select("instrument_id", pl.lit(Timeframe.D1.value).alias("timeframe"), day.alias("start_at"), ends)


def absent_by(ledger: Ledger) -> Spans:
    """Return where a series has no candles because there were none: nothing traded, or not listed."""
    return Spans.of(_empty(ledger.gaps))


def _empty(gaps: Iterable[Gap]) -> list[Interval]:
    return [gap.interval for gap in gaps if gap.reason in _EMPTYING]
