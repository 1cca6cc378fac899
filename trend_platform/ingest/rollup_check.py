"""Checking roll-ups: the providers' own coarser candles against what finer ones add up to, kept as quality metrics.

Reads candles and writes metrics; which of the two is wrong is for a person to say, and no stored row changes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import split_adjusted, splits_known_by
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup import Setting, empty_rolled, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.consistency import CONTINUOUS, SESSION, IdentityVerdict, Tolerance, check_identity
from trend_platform.storage.measures import Metric

log = logging.getLogger(__name__)

METRIC: Final = "rollup_identity"
"""What the measurements are called; their value is the share of candles that agree."""

CANDLES: Final = 250
"""So many of the last candles of each series are compared, unless a span is named."""

CHECKED: Final = tuple(length for length in Timeframe if length is not Timeframe.M1)
"""The timeframes that can be both: a provider's own, and rolled up."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One series that was checked.

    Attributes:
        instrument: Whose.
        timeframe: Of which candles.
        window: Over which span.
        provider: Whose own candles they are.
        source: What the roll-up was made of.
        found: The verdict.
    """

    instrument: Instrument
    timeframe: Timeframe
    window: Interval
    provider: str
    source: str
    found: IdentityVerdict

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        found = self.found
        return {
            "symbol": self.instrument.symbol,
            "timeframe": self.timeframe.value,
            "verdict": found.verdict.value,
            "provider": self.provider,
            "source": self.source,
            "candles": found.candles,
            "agreeing": found.agreeing,
            "offset_minutes": found.offset / timedelta(minutes=1),
            "ratio": found.ratio,
            "differing": [stamp.isoformat() for stamp in found.differing],
            "start": self.window.start.isoformat(),
            "end": self.window.end.isoformat(),
        }


def check_rollups(
    workshop: Workshop,
    instruments: Sequence[Instrument],
    timeframes: Sequence[Timeframe] = CHECKED,
    window: Interval | None = None,
) -> tuple[Checked, ...]:
    """Compare every series that is stored and rolled up; keep the verdicts as metrics.

    Args:
        workshop: The ports.
        instruments: Whose series.
        timeframes: Of which candles.
        window: Over which span; the last `CANDLES` candles of each series if `None`.

    Raises:
        UnavailableError: The database went away.
    """
    found = [
        checked
        for instrument in instruments
        for timeframe in timeframes
        if (checked := _checked(workshop, instrument, timeframe, window)) is not None
    ]
    now = workshop.clock.now()
    workshop.storage.metrics.add(
        [
            Metric(now, METRIC, one.found.agreeing, one.instrument.instrument_id, one.timeframe, one.as_dict())
            for one in found
        ]
    )
    for one in found:
        if one.found.is_wrong:
            words = (one.instrument.symbol, one.timeframe, one.provider, one.source, one.found.verdict)
            log.warning("%s %s: what %s tells is not what %s candles add up to (%s)", *words)
    return tuple(found)


def _checked(
    workshop: Workshop, instrument: Instrument, timeframe: Timeframe, window: Interval | None
) -> Checked | None:
    market, one = workshop.storage.market, instrument.instrument_id
    span = window or _last(workshop, instrument, timeframe)
    own = market.candles([one], timeframe, span).filter("is_final") if span else None
    rolled = workshop.storage.rollups.candles([one], timeframe, span) if span else empty_rolled()
    if own is None or span is None or own.is_empty() or rolled.is_empty():
        return None
    splits = splits_known_by(market.splits([one]), workshop.clock.now())
    zone = get_calendar(instrument.calendar).timezone if timeframe.is_intraday else "UTC"

    def reroll(offset: timedelta) -> pl.DataFrame:
        return split_adjusted(_moved(workshop, instrument, timeframe, span, offset), splits, zone)

    ours, sums = (split_adjusted(candles, splits, zone) for candles in (own, rolled))
    found = check_identity(ours, sums, tolerance_of(instrument, timeframe), reroll)
    return Checked(instrument, timeframe, span, _most(own["provider"]), _most(rolled["source"]), found)


def tolerance_of(instrument: Instrument, timeframe: Timeframe) -> Tolerance:
    """Return how far apart a provider's own candle and a roll-up may be."""
    return CONTINUOUS if timeframe.is_intraday or get_calendar(instrument.calendar).always_open else SESSION


def _last(workshop: Workshop, instrument: Instrument, timeframe: Timeframe) -> Interval | None:
    recent = workshop.storage.market.recent([instrument.instrument_id], timeframe, workshop.clock.now(), CANDLES)
    if recent.is_empty():
        return None
    first, last = recent["opened_at"].to_list()[0], recent["opened_at"].to_list()[-1]
    return Interval(first, last + timedelta(microseconds=1))


def _moved(
    workshop: Workshop, instrument: Instrument, timeframe: Timeframe, span: Interval, offset: timedelta
) -> pl.DataFrame:
    # The roll-up with the stamps of its parts moved: intraday candles as they are, days cut anew from hours.
    rollups, one = workshop.storage.rollups, instrument.instrument_id
    reach = Interval(span.start - abs(offset), span.end + timedelta(days=1) + abs(offset))
    if timeframe is not Timeframe.D1:
        rolled = rollups.candles([one], timeframe, reach)
        return rolled.with_columns(pl.col("opened_at") + offset)
    hours = rollups.candles([one], Timeframe.H1, reach)
    if hours.is_empty():
        hours = workshop.storage.market.candles([one], Timeframe.H1, reach)
    moved = hours.with_columns(pl.col("opened_at") + offset)
    known = Setting(get_calendar(instrument.calendar), workshop.clock.now(), instrument.lifetime)
    return roll_up(moved, [timeframe], known)[timeframe].candles


def _most(words: pl.Series) -> str:
    return str(words.mode().sort()[0])
