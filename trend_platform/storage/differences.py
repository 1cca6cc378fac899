"""Where the ledger and the rows disagree, decided once for every store. Pure: counts in, differences out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from trend_platform.domain.counting import get_counter
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import gaps_within
from trend_platform.domain.timeframes import Timeframe

Counts = Mapping[tuple[int, datetime], int]
"""Rows stored in spans, by instrument id and begin of the span."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A span in which the ledger and the rows disagree.

    Attributes:
        symbol: The instrument.
        timeframe: The series.
        interval: The span of the ledger.
        expected: Candles the calendar expects in it, less those the ledger knows to be missing.
        stored: Candles that are there.
    """

    symbol: str
    timeframe: Timeframe
    interval: Interval
    expected: int
    stored: int

    def __str__(self) -> str:
        return (
            f"{self.symbol} {self.timeframe.value} {self.interval}: the ledger accounts for {self.expected} candles, "
            f"{self.stored} are stored; run `trend backfill` with --refresh over it"
        )


def differences(
    instrument: Instrument, timeframe: Timeframe, ledger: Ledger, stored: Counts, filled: Counts
) -> Iterator[Difference]:
    """Yield the spans that hold more or fewer rows than they should, and the gaps that hold any.

    Args:
        instrument: The instrument.
        timeframe: Of which of its series.
        ledger: What is said of it.
        stored: Rows in each span.
        filled: Rows in each gap. A gap that a row fills inside of a span makes two differences, one of each.
    """
    counter, one = get_counter(instrument.calendar, timeframe), instrument.instrument_id
    covered = ledger.covered
    for span in ledger.spans:
        gaps = gaps_within(ledger, Spans((span.interval,)), counter.count_in)
        expected = counter.count_in(span.interval) - sum(gap.missing for gap in gaps)
        there = stored.get((one, span.interval.start), 0)
        if expected != there:
            yield Difference(instrument.symbol, timeframe, span.interval, expected, there)
    for gap in ledger.gaps:
        there = filled.get((one, gap.interval.start), 0)
        if there and gap.interval.start in covered:
            yield Difference(instrument.symbol, timeframe, gap.interval, 0, there)
