"""What is missing, and why: expected by the calendar minus accounted for by the ledger, for any number of series at once.

The use cases behind `trend gaps detect` and `trend report`. Nothing here looks at a candle or asks a provider.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.gaps import (
    BY_LENGTH,
    EXPLAINING,
    KEY,
    NEVER_ASKED,
    WINDOW_SCHEMA,
    cut,
    expected,
    joined,
    never_asked,
)
from trend_platform.storage.coverage import GAP_SCHEMA, AskedSeries
from trend_platform.storage.measures import Metric

# Until then a candle that is over is late rather than missing, as long as nobody says which end is meant.
_GRACE: Final = timedelta(days=1)
_COUNTS: Final = ("explained", "unexplained", "never_asked")


@dataclass(frozen=True, slots=True)
class GapSelection:
    """Which series, which part of them, and which gaps.

    Attributes:
        symbols: Whose; none takes the whole universe.
        timeframes: Of which lengths; none takes every series that was ever asked for.
        start: From when on; `None` begins each series where the ledger does.
        end: Up to when; `None` takes all candles that have been over for a day.
        reasons: Only gaps for these reasons, `never_asked` among them; none takes all.
        is_unexplained_only: Only gaps without a reason that accounts for them.
    """

    symbols: Sequence[str] = ()
    timeframes: Sequence[Timeframe] = ()
    start: datetime | None = None
    end: datetime | None = None
    reasons: Sequence[str] = ()
    is_unexplained_only: bool = False

    def __post_init__(self) -> None:
        known = (*GapReason, NEVER_ASKED)
        for reason in self.reasons:
            if reason not in known:
                raise UsageError(f"{reason!r} is no reason of a gap; those are {', '.join(known)}")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise UsageError(f"the end {self.end} does not come after the start {self.start}")


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """What was found.

    Attributes:
        series: One row per series: `instrument_id`, `symbol`, `timeframe`, `calendar`, `since`, `until`, `expected`, `stored`,
            `explained`, `unexplained`, `never_asked`; the counts add up to `expected`.
        gaps: The gaps of the selection, the unexplained and larger ones first: `symbol` and `calendar` beside the columns of
            `GAP_SCHEMA`; looks are null where nobody was asked.
        at: When.
    """

    series: pl.DataFrame
    gaps: pl.DataFrame
    at: datetime

    @property
    def unexplained(self) -> int:
        """Return how many expected candles of the series are missing without an explanation, never asked ones included."""
        return sum(int(count) for name in ("unexplained", "never_asked") for count in self.series[name])


def detect(workshop: Workshop, selection: GapSelection) -> Gaps:
    """Find what is missing.

    Raises:
        UsageError: A symbol is not in the universe, or the universe is empty.
        UnavailableError: The database does not answer.
    """
    now, coverage = workshop.clock.now(), workshop.storage.coverage
    instruments = workshop.select(selection.symbols)
    asked = _asked(instruments, selection)
    # All spans, be they few: a series that was asked for elsewhere is missing here.
    spans, gaps = coverage.spans(replace(asked, interval=None)), coverage.gaps(asked)
    windows = windows_of(instruments, selection, spans, gaps, now)
    found = cut(gaps, windows)
    open_ = never_asked(windows, spans, gaps)
    names = pl.DataFrame(
        [(one.instrument_id, one.symbol) for one in instruments],
        schema={"instrument_id": pl.Int32, "symbol": pl.String},
        orient="row",
    )
    everything = pl.concat([joined(found), _untold(open_)], how="diagonal")
    series = _series(windows, found, open_).join(names, on="instrument_id").sort("symbol", BY_LENGTH)
    return Gaps(series, _chosen(everything.join(names, on="instrument_id"), selection), now)


def measured(found: Gaps) -> list[Metric]:
    """Return the share of expected candles that is accounted for, as measurements: one per timeframe."""
    accounted = (pl.col("stored") + pl.col("explained")).sum() / pl.col("expected").sum()
    shares = found.series.filter(pl.col("expected") > 0).group_by("timeframe").agg(accounted.alias("share"), pl.len())
    return [
        Metric(found.at, "coverage", share, timeframe=Timeframe(length), details={"series": count})
        for length, share, count in shares.sort("timeframe").iter_rows()
    ]


def windows_of(
    instruments: Sequence[Instrument], selection: GapSelection, spans: pl.DataFrame, gaps: pl.DataFrame, now: datetime
) -> pl.DataFrame:
    """Return the window (`WINDOW_SCHEMA`) of each series: what was ever asked for, or what the selection names."""
    known = (
        pl.concat([frame.select(*KEY, "start_at") for frame in (spans, gaps)])
        .group_by(KEY)
        .agg(pl.col("start_at").min())
    )
    begins = {(one, length): start for one, length, start in known.iter_rows()}
    rows = []
    for instrument in instruments:
        one = instrument.instrument_id
        lengths = selection.timeframes or [length for length in Timeframe if (one, length.value) in begins]
        for length in lengths:
            start = selection.start or begins.get((one, length.value))
            if start is not None and (window := _window(instrument, length, start, selection.end, now)):
                rows.append((one, length.value, instrument.calendar, window.start, window.end))
    return pl.DataFrame(rows, schema=WINDOW_SCHEMA, orient="row")


def _window(
    instrument: Instrument, length: Timeframe, start: datetime, end: datetime | None, now: datetime
) -> Interval:
    over = get_calendar(instrument.calendar).closed_until(length, now if end else now - _GRACE)
    lifetime = instrument.lifetime
    first = max(start, lifetime.start)
    return Interval(first, max(first, min(end or over, over, lifetime.end)))


def _asked(instruments: Sequence[Instrument], selection: GapSelection) -> AskedSeries:
    ids = [one.instrument_id for one in instruments]
    if selection.start is None or selection.end is None:
        return AskedSeries(ids, selection.timeframes)
    return AskedSeries(ids, selection.timeframes, Interval(selection.start, selection.end))


def _untold(open_: pl.DataFrame) -> pl.DataFrame:
    told = {"reason": NEVER_ASKED, "provider": "", "evidence": "no provider has been asked for these candles yet"}
    return open_.with_columns(pl.lit(text).alias(name) for name, text in told.items())


def _series(windows: pl.DataFrame, found: pl.DataFrame, open_: pl.DataFrame) -> pl.DataFrame:
    explains = pl.col("reason").is_in(EXPLAINING)
    known = found.group_by(KEY).agg(
        pl.col("missing").filter(explains).sum().alias("explained"),
        pl.col("missing").filter(~explains).sum().alias("unexplained"),
    )
    unasked = open_.group_by(KEY).agg(pl.col("missing").sum().alias("never_asked"))
    counts = expected(windows).join(known, on=KEY, how="left").join(unasked, on=KEY, how="left")
    filled = counts.with_columns(pl.col(*_COUNTS).fill_null(0))
    return filled.with_columns((pl.col("expected") - pl.sum_horizontal(_COUNTS)).alias("stored"))


def _chosen(gaps: pl.DataFrame, selection: GapSelection) -> pl.DataFrame:
    explains = pl.col("reason").is_in(EXPLAINING)
    if selection.is_unexplained_only:
        gaps = gaps.filter(~explains)
    if selection.reasons:
        gaps = gaps.filter(pl.col("reason").is_in([str(reason) for reason in selection.reasons]))
    ordered = gaps.sort(explains, -pl.col("missing"), "symbol", BY_LENGTH, "start_at")
    return ordered.select("symbol", "calendar", *GAP_SCHEMA.names())
