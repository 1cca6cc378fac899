"""Explaining one candle: the row, or the reason of its absence, and everything recorded about either."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.coverage import Gap, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one candle.

    Attributes:
        instrument: The instrument.
        timeframe: The series.
        opened_at: The stamp asked for.
        calendar_says: The calendar's verdict, in words.
        candle: The stored row as a candle frame of one row, or of none.
        gap: The gap it lies in, if it is missing and accounted for.
        span: Who answered for this place, and when.
        revisions: Old values, oldest change first.
        quarantined: Rows set aside with this stamp.
    """

    instrument: Instrument
    timeframe: Timeframe
    opened_at: datetime
    calendar_says: str
    candle: pl.DataFrame
    gap: Gap | None
    span: Span | None
    revisions: pl.DataFrame
    quarantined: pl.DataFrame

    @property
    def verdict(self) -> str:
        """Return the answer in one sentence."""
        if self.candle.height:
            row = self.candle.row(0, named=True)
            state = "final" if row["is_final"] else "still forming"
            return f"stored, {state}: {row['provider']} sent it, fetched {row['fetched_at']:%Y-%m-%d %H:%M} UTC"
        if self.gap:
            belief = "believed" if self.gap.is_believed else "provisional"
            return f"missing, {self.gap.reason.value} ({belief}, {self.gap.attempts} looks): {self.gap.evidence}"
        if self.quarantined.height:
            return f"set aside: {self.quarantined['reason'][-1]}"
        if self.span:
            return "no candle is expected there, and none is stored"
        return "nobody has been asked for it yet: run `trend backfill`"


def explain(workshop: Workshop, instrument: Instrument, timeframe: Timeframe, at: datetime) -> Explanation:
    """Return all that is known of the candle that holds `at`; for daily candles, of that UTC date's session."""
    calendar = get_calendar(instrument.calendar)
    opened_at = _stamp_of(instrument, timeframe, at)
    place = Interval(opened_at, opened_at + timedelta(microseconds=1))
    expected = len(calendar.candle_opens(timeframe, place)) > 0
    market, one = workshop.storage.market, instrument.instrument_id
    ledger = market.ledgers([one], timeframe)[one]
    return Explanation(
        instrument,
        timeframe,
        opened_at,
        f"{calendar.name} {'expects' if expected else 'expects no'} candle stamped {opened_at:%Y-%m-%d %H:%M} UTC",
        market.candles([one], timeframe, place),
        next((gap for gap in ledger.gaps if opened_at in gap.interval), None),
        next((span for span in ledger.spans if opened_at in span.interval), None),
        market.revisions(one, timeframe, place),
        market.quarantined([one], timeframe, place),
    )


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
