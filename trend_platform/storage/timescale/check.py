"""Does the ledger say what the rows say? Counts both and returns where they differ; reads only."""

from collections.abc import Sequence

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.coverage import Gap, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.differences import Difference, differences
from trend_platform.storage.timescale import candle_reads, ledgers
from trend_platform.storage.timescale.database import Database, driver


def check_ledger(database: Database, instruments: Sequence[Instrument], timeframe: Timeframe) -> tuple[Difference, ...]:
    """Compare each span and each gap of the ledger with the rows stored in it.

    Args:
        database: Where; both are read in one transaction.
        instruments: Which series.
        timeframe: Of which candles.

    Returns:
        The spans and gaps that do not agree, by instrument and time.

    Raises:
        UnavailableError: The database does not answer or is not migrated.
    """
    ids = [one.instrument_id for one in instruments]
    with database.begin() as connection:
        known = ledgers.read(connection, ids, timeframe)
        spans = [span for ledger in known.values() for span in ledger.spans]
        gaps = [gap for ledger in known.values() for gap in ledger.gaps]
        stored = candle_reads.count_windows(driver(connection), timeframe, _windows(spans))
        filled = candle_reads.count_windows(driver(connection), timeframe, _windows(gaps))
    found: list[Difference] = []
    for instrument in instruments:
        ledger = known[instrument.instrument_id]
        found += differences(instrument, timeframe, ledger, stored, filled)
    return tuple(found)


def _windows(spans: Sequence[Span | Gap]) -> pl.DataFrame:
    return pl.DataFrame(
        [(span.instrument_id, span.interval.start, span.interval.end) for span in spans],
        schema={"instrument_id": pl.Int32, "since": INSTANT, "until": INSTANT},
        orient="row",
    )
