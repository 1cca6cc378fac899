"""Explaining one candle: the row, or the reason of its absence, and everything recorded about either."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.actions import Adjustment, empty_dividends, empty_splits
from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.coverage import Gap, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.adjusting import Adjuster
from trend_platform.ingest.candle_fetch import FETCHED
from trend_platform.ingest.provenance import Judged, Provenance, judged, provenance_of
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.repairs import Repair
from trend_platform.wording import counted


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one candle.

    Attributes:
        instrument: The instrument.
        timeframe: The series.
        opened_at: The stamp asked for.
        is_expected: Whether the calendar expects a candle there.
        calendar_says: The calendar's verdict, in words.
        candle: The stored row as a candle frame of one row, or of none.
        gap: The gap it lies in, if it is missing and accounted for.
        span: Who answered for this place, and when.
        revisions: Old values, oldest change first.
        quarantined: Rows set aside with this stamp.
        rolled: The rolled-up candle as a rolled frame of one row, or of none.
        provenance: The runs and requests that brought it, or its absence.
        judged: What the rules say of the stored candle.
        repairs: Repairs that stored or changed it, oldest first.
        adjusted: The stored candle on each basis that is not its own, by basis.
        splits: Splits by which that is done (split frame).
        dividends: Dividends by which it is done (frame of `dividend_factors`).
        is_ahead: Whether its time has not begun yet.
    """

    instrument: Instrument
    timeframe: Timeframe
    opened_at: datetime
    is_expected: bool
    calendar_says: str
    candle: pl.DataFrame
    gap: Gap | None
    span: Span | None
    revisions: pl.DataFrame
    quarantined: pl.DataFrame
    rolled: pl.DataFrame
    provenance: Provenance = field(default_factory=Provenance)
    judged: Judged = field(default_factory=Judged)
    repairs: tuple[Repair, ...] = ()
    adjusted: Mapping[Adjustment, pl.DataFrame] = field(default_factory=dict)
    splits: pl.DataFrame = field(default_factory=empty_splits)
    dividends: pl.DataFrame = field(default_factory=empty_dividends)
    is_ahead: bool = False

    @property
    def verdict(self) -> str:
        """Return the answer in one sentence."""
        if self.candle.height:
            row = self.candle.row(0, named=True)
            state = "final" if row["is_final"] else "still forming"
            return f"stored, {state}: {row['provider']} sent it, fetched {row['fetched_at']:%Y-%m-%d %H:%M} UTC"
        if self.rolled.height:
            row = self.rolled.row(0, named=True)
            state = "complete" if row["is_complete"] else f"not complete, {row['parts']} of {row['expected']} parts"
            return f"rolled up from {row['source']} candles of {row['provider']}, {state}; no provider's own is stored"
        return self._absence()

    def _absence(self) -> str:
        if not self.is_expected:
            came = f"; what came was set aside: {self.quarantined['reason'][-1]}" if self.quarantined.height else ""
            return f"no candle is expected there: {self.calendar_says}{came}"
        if self.gap:
            belief = "believed" if self.gap.is_believed else "provisional"
            looks = counted(self.gap.attempts, "look")
            return f"missing, {self.gap.reason.value} ({belief}, {looks}): {self.gap.evidence}"
        if self.quarantined.height:
            return f"set aside: {self.quarantined['reason'][-1]}"
        if self.span:
            return "expected, asked for and not stored: `trend db check` tells whether the ledger is true"
        return self._never_asked()

    def _never_asked(self) -> str:
        if self.is_ahead:
            return "it has not begun yet: its time lies in the future"
        if self.timeframe not in FETCHED:
            return f"not rolled up: run `trend rollup`, or fetch its days first: `{self._fetch(Timeframe.D1)}`"
        return f"nobody has been asked for it yet: run `{self._fetch(self.timeframe)}`"

    def _fetch(self, timeframe: Timeframe) -> str:
        since = f"--start {self.opened_at:%Y-%m-%d}"
        return f"trend candles fetch --symbol {self.instrument.symbol} --timeframe {timeframe} {since}"


def explain(workshop: Workshop, instrument: Instrument, timeframe: Timeframe, at: datetime) -> Explanation:
    """Return all that is known of the candle that holds `at`; for daily candles, of that UTC date's session."""
    calendar = get_calendar(instrument.calendar)
    opened_at = _stamp_of(instrument, timeframe, at)
    place = Interval(opened_at, opened_at + timedelta(microseconds=1))
    expected = len(calendar.candle_opens(timeframe, place)) > 0
    market, one = workshop.storage.market, instrument.instrument_id
    ledger = market.ledgers([one], timeframe)[one]
    known = Explanation(
        instrument,
        timeframe,
        opened_at,
        expected,
        _calendar_says(calendar.name, timeframe, opened_at, is_expected=expected),
        market.candles([one], timeframe, place),
        next((gap for gap in ledger.gaps if opened_at in gap.interval), None),
        next((span for span in ledger.spans if opened_at in span.interval), None),
        market.revisions(one, timeframe, place),
        market.quarantined([one], timeframe, place),
        workshop.storage.rollups.candles([one], timeframe, place),
        repairs=workshop.storage.repairs.touching(one, timeframe, opened_at),
        is_ahead=opened_at > workshop.clock.now(),
    )
    return _of_candle(workshop, known) if known.candle.height else _of_absence(workshop, known)


def _of_candle(workshop: Workshop, known: Explanation) -> Explanation:
    row = known.candle.row(0, named=True)
    instrument, timeframe, opened_at = known.instrument, known.timeframe, known.opened_at
    brought = provenance_of(workshop, instrument, timeframe, opened_at, row["provider"], row["fetched_at"])
    adjuster = Adjuster(workshop, instrument, Adjustment.ALL)
    whole = adjuster(known.candle)
    views = {Adjustment.SPLIT: Adjuster(workshop, instrument, Adjustment.SPLIT)(known.candle), Adjustment.ALL: whole}
    return replace(
        known,
        provenance=brought,
        judged=judged(workshop, instrument, known.candle),
        adjusted=views,
        splits=adjuster.splits,
        dividends=adjuster.dividends,
    )


def _of_absence(workshop: Workshop, known: Explanation) -> Explanation:
    # Who looked last: the gap's own look, else that of the span around it.
    if known.gap:
        provider, at = known.gap.provider, known.gap.last_checked_at
    elif known.span:
        provider, at = known.span.provider, known.span.asked_at
    else:
        return known
    asked = provenance_of(workshop, known.instrument, known.timeframe, known.opened_at, provider, at)
    return replace(known, provenance=asked)


def _calendar_says(name: str, timeframe: Timeframe, opened_at: datetime, *, is_expected: bool) -> str:
    if is_expected:
        return f"{name} expects a candle stamped {opened_at:%Y-%m-%d %H:%M} UTC"
    if timeframe is Timeframe.D1:
        return f"{name} holds no session on {opened_at:%Y-%m-%d}"
    return f"{name} expects no candle stamped {opened_at:%Y-%m-%d %H:%M} UTC"


def _stamp_of(instrument: Instrument, timeframe: Timeframe, at: datetime) -> datetime:
    if not timeframe.is_intraday:
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        opens = get_calendar(instrument.calendar).candle_opens(
            timeframe, Interval(day - timedelta(days=31), day + timedelta(days=1))
        )
        return day if timeframe is Timeframe.D1 or not len(opens) else from_us(opens[-1])
    opens = get_calendar(instrument.calendar).candle_opens(
        timeframe, Interval(at - timeframe.step, at + timedelta(microseconds=1))
    )
    return from_us(opens[-1]) if len(opens) else at
