"""The view that rules about neighbours work on: judged and already stored candles of each series in one row of time.

Arrays, one element per candle, laid out series after series; nothing here judges.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.quality.prepared import repeats_key, series_bounds, stamps_of
from trend_platform.quality.verdict import Surroundings

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_COLUMNS = ("instrument_id", "opened_at", "open", "high", "low", "close", "volume", "basis", "is_final", "fetched_at")


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Candles of all series, sorted by instrument and time.

    Attributes:
        frame: The candles as columns, for those rules that need all of them.
        rows: The candle's row in the judged frame, -1 for a stored candle.
        ids: Instrument ids.
        stamps: `opened_at` in microseconds.
        open: Opening prices; `high`, `low`, `close` alike, finite, in the instrument's currency.
        volume: Volumes; NaN where the provider does not tell.
        is_final: Whether the candle is final.
        is_stored: Whether the candle is context rather than judged.
        bounds: Where each series starts, and the number of candles as the last element.
    """

    frame: pl.DataFrame
    rows: Rows
    ids: NDArray[np.int32]
    stamps: Rows
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    is_final: Flags
    is_stored: Flags
    bounds: Rows

    @property
    def follows(self) -> Flags:
        """Return for each candle but the first whether the one before it belongs to the same series."""
        same: Flags = self.ids[1:] == self.ids[:-1]
        return same

    @property
    def series(self) -> Rows:
        """Return for each candle the number of its series."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))


def window_of(rows: pl.DataFrame, surroundings: Surroundings) -> Window:
    """Return the window over judged rows (sorted, unique) and the stored candles of the same series."""
    judged = rows.select(_COLUMNS).with_row_index("row")
    stored = _stored_beside(rows, surroundings)
    return _window(judged if stored.is_empty() else _merged(judged, stored))


def _stored_beside(rows: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    recent = surroundings.recent
    if recent.is_empty():
        return recent
    is_sound = pl.all_horizontal(pl.col(name).is_finite() for name in ("open", "high", "low", "close"))
    ours = pl.col("instrument_id").is_in(rows["instrument_id"].unique().implode())
    same_timeframe = pl.col("timeframe") == surroundings.timeframe.value
    return recent.filter(ours & same_timeframe & is_sound)


def _merged(judged: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    context = stored.select(
        pl.lit(None, dtype=judged.schema["row"]).alias("row"),
        *(pl.col(name).cast(CANDLE_SCHEMA[name]) for name in _COLUMNS),
    )
    merged = pl.concat([judged, context]).sort("instrument_id", "opened_at", maintain_order=True)
    again = repeats_key(merged)
    return merged.filter(pl.Series(~again)) if again.any() else merged


def _window(frame: pl.DataFrame) -> Window:
    ids = frame["instrument_id"].to_numpy()
    rows = frame["row"].cast(pl.Int64).fill_null(-1).to_numpy()
    opens, highs, lows, closes = (frame[name].to_numpy() for name in ("open", "high", "low", "close"))
    return Window(
        frame=frame,
        rows=rows,
        ids=ids,
        stamps=stamps_of(frame),
        open=opens,
        high=highs,
        low=lows,
        close=closes,
        volume=frame["volume"].fill_null(float("nan")).to_numpy(),
        is_final=frame["is_final"].to_numpy(),
        is_stored=rows < 0,
        bounds=series_bounds(ids),
    )
