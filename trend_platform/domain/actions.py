"""Splits, and the view of a series on another basis.

Prices are stored raw wherever a provider gives them raw; adjusting happens on read, so that a split known late needs no
rewriting. A row that a provider gave split-adjusted (`basis = split`) is taken to be adjusted for all splits up to
its `fetched_at`, and only later ones are applied to it.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.candles import PRICES, Basis

SPLIT_SCHEMA: Final = pl.Schema(
    {"instrument_id": pl.Int32(), "ex_date": pl.Date(), "ratio": pl.Float64(), "provider": pl.String()}
)
"""One split. `ratio` is new shares per old one (4.0 for 4-for-1); it holds from the session of `ex_date` on."""


class Adjustment(StrEnum):
    """The basis on which a series is read."""

    RAW = "raw"
    SPLIT = "split"


def empty_splits() -> pl.DataFrame:
    """Return a split frame without rows."""
    return pl.DataFrame(schema=SPLIT_SCHEMA)


def split_adjusted(candles: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Return a candle frame on today's share count: earlier prices divided by later splits, volumes multiplied.

    `basis` becomes `split` in every row. Both frames may hold several instruments.
    """
    if candles.is_empty():
        return candles
    factors = split_factors(candles, splits)
    price = pl.Series("factor", factors)
    return candles.with_columns(
        *(pl.col(name) / price for name in (*PRICES, "vwap")),
        pl.col("volume") * price,
        pl.lit(Basis.SPLIT.value).alias("basis"),
    )


def split_factors(candles: pl.DataFrame, splits: pl.DataFrame) -> NDArray[np.float64]:
    """Return for each candle by what its prices must be divided to stand on today's share count."""
    if splits.is_empty():
        return np.ones(candles.height)
    day, known = (candles[name].dt.date().to_physical().to_numpy() for name in ("opened_at", "fetched_at"))
    adjusted = (candles["basis"] == Basis.SPLIT.value).to_numpy()
    # Applied are the splits of the same instrument after this day: of each instrument's list, the rest from there on.
    after = _place(candles["instrument_id"], np.where(adjusted, np.maximum(day, known), day))
    ordered = splits.sort("instrument_id", "ex_date")
    places = _place(ordered["instrument_id"], ordered["ex_date"].to_physical().to_numpy())
    rest = ordered.select(pl.col("ratio").cum_prod(reverse=True).over("instrument_id")).to_series().to_numpy()
    index = np.searchsorted(places, after, side="right")
    found = np.minimum(index, len(places) - 1)
    applies = (index < len(places)) & (
        ordered["instrument_id"].to_numpy()[found] == candles["instrument_id"].to_numpy()
    )
    return np.where(applies, rest[found], 1.0)


def _place(instrument_ids: pl.Series, days: NDArray[np.int32]) -> NDArray[np.int64]:
    # One sortable number for an instrument and a day: days since 1970 fit into 32 bits with their sign.
    return instrument_ids.to_numpy().astype(np.int64) * 2**32 + days + 2**31


def splits_known_by(splits: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return the splits in force at `now`: an announced one moves no price before its day comes."""
    return splits.filter(pl.col("ex_date") <= now.astimezone(UTC).date())
