"""Range series: what readers get for a symbol and a range of days, made from the database and kept hot in the cache.

The JSON of a series is `{"symbol", "range", "timeframe", "basis", "as_of", "candles": [{"opened_at", "open", "high", "low",
"close", "volume", "is_final"}, ...]}`, split-adjusted, oldest candle first, times in UTC. Reading through the cache is `read`'s.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import orjson
import polars as pl

from trend_platform.domain.actions import split_adjusted, splits_known_by
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range, range_window
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.workshop import Workshop

SERIES_COLUMNS = ("opened_at", "open", "high", "low", "close", "volume", "is_final")

# So many instruments are read at once: a compromise between round trips and memory for MAX.
_AT_ONCE = 50


def refresh_series(
    workshop: Workshop, instruments: Sequence[Instrument], ranges: Sequence[Range], as_of: date | None = None
) -> tuple[int, int]:
    """Write the series of all instruments and ranges to the cache; return how many were written and skipped.

    A series ends on `as_of`, today (UTC) unless said otherwise: readers expect a range to end now, whichever days were
    backfilled. Skipped are those the cache did not take because it is down: readers then read through, slower and never wrong.
    The range `1D` is passed over: it is the hourly chart, which `day_chart` makes.
    """
    last = as_of or workshop.clock.now().date()
    written = skipped = 0
    for at in range(0, len(instruments), _AT_ONCE):
        some = instruments[at : at + _AT_ONCE]
        entries = {(symbol, range_): payload for symbol, range_, payload in series_of(workshop, some, ranges, last)}
        missed = workshop.cache.put(entries)
        written, skipped = written + len(entries) - missed, skipped + missed
    return written, skipped


def series_of(
    workshop: Workshop, instruments: Sequence[Instrument], ranges: Sequence[Range], as_of: date
) -> Iterator[tuple[str, Range, bytes]]:
    """Give symbol, range and JSON of each series of daily candles, from the database; `1D` is passed over."""
    windows = {range_: range_window(range_, as_of) for range_ in ranges if range_ is not Range.D1}
    if not windows:
        return
    hull = Interval(min(window.start for window in windows.values()), max(window.end for window in windows.values()))
    ids = [instrument.instrument_id for instrument in instruments]
    market = workshop.storage.market
    splits = splits_known_by(market.splits(ids), workshop.clock.now())
    candles = split_adjusted(market.candles(ids, Timeframe.D1, hull), splits)
    by_instrument = candles.partition_by("instrument_id", as_dict=True)
    for instrument in instruments:
        mine = by_instrument.get((instrument.instrument_id,), candles.clear())
        for range_, window in windows.items():
            part = mine.filter(pl.col("opened_at").is_between(window.start, window.end, closed="left"))
            yield instrument.symbol, range_, series_json(instrument.symbol, range_, as_of, part)


def series_json(symbol: str, range_: Range, as_of: date, candles: pl.DataFrame) -> bytes:
    """Return the JSON of one series from its split-adjusted candle frame."""
    head = {"symbol": symbol, "range": range_.value, "timeframe": "1d", "basis": "split", "as_of": as_of.isoformat()}
    rows = candles.select(SERIES_COLUMNS).with_columns(pl.col("opened_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return orjson.dumps(head)[:-1] + b',"candles":' + rows.write_json().encode() + b"}"
