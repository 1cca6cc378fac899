"""Does the ledger say what the rows say? Counts both and returns where they differ; reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.coverage import Ledger, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import gaps_within
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale import candle_reads, ledgers
from trend_platform.storage.timescale.database import Database, driver


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


def check_ledger(database: Database, instruments: Sequence[Instrument], timeframe: Timeframe) -> tuple[Difference, ...]:
    """Compare each span of the ledger with the rows stored in it.

    Args:
        database: Where; both are read in one transaction.
        instruments: Which series.
        timeframe: Of which candles.

    Returns:
        The spans that do not agree, by instrument and time.

    Raises:
        UnavailableError: The database does not answer or is not migrated.
    """
    ids = [one.instrument_id for one in instruments]
    with database.begin() as connection:
        known = ledgers.read(connection, ids, timeframe)
        spans = [span for ledger in known.values() for span in ledger.spans]
        stored = candle_reads.count_windows(driver(connection), timeframe, _windows(spans))
    found: list[Difference] = []
    for instrument in instruments:
        ledger = known[instrument.instrument_id]
        for span in ledger.spans:
            expected = _expected(instrument, ledger, span)
            there = stored[span.instrument_id, span.interval.start]
            if expected != there:
                found.append(Difference(instrument.symbol, timeframe, span.interval, expected, there))
    return tuple(found)


def _expected(instrument: Instrument, ledger: Ledger, span: Span) -> int:
    calendar = get_calendar(instrument.calendar)

    def count(interval: Interval) -> int:
        return len(calendar.candle_opens(span.timeframe, interval))

    missing = sum(gap.missing for gap in gaps_within(ledger, Spans((span.interval,)), count))
    return count(span.interval) - missing


def _windows(spans: Sequence[Span]) -> pl.DataFrame:
    return pl.DataFrame(
        [(span.instrument_id, span.interval.start, span.interval.end) for span in spans],
        schema={"instrument_id": pl.Int32, "since": INSTANT, "until": INSTANT},
        orient="row",
    )
