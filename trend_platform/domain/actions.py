"""What happens to a share beside trading: splits, dividends, changes of symbol, delistings; and the view on today's share count.

Prices are stored raw wherever a provider gives them raw; adjusting happens on read, so that a split known late needs no
rewriting. A row that a provider gave split-adjusted (`basis = split`) is taken to be adjusted for all splits up to
its `fetched_at`, and only later ones are applied to it. Dividends are taken off in `adjusting`.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.candles import INSTANT, PRICES, Basis

SPLIT_SCHEMA: Final = pl.Schema(
    {"instrument_id": pl.Int32(), "ex_date": pl.Date(), "ratio": pl.Float64(), "provider": pl.String()}
)
"""One split. `ratio` is new shares per old one (4.0 for 4-for-1); it holds from the session of `ex_date` on."""

DIVIDEND_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "ex_date": pl.Date(),
        "amount": pl.Float64(),
        "currency": pl.String(),
        "provider": pl.String(),
    }
)
"""What one share pays. `amount` is cash per share, on the share count of `ex_date`, all payments of that day in one row."""

DELISTING_SCHEMA: Final = pl.Schema({"instrument_id": pl.Int32(), "ex_date": pl.Date(), "provider": pl.String()})
"""The end of a share. `ex_date` is the first day on which it no longer traded."""

ACTION_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "kind": pl.String(),
        "ex_date": pl.Date(),
        "ratio": pl.Float64(),
        "amount": pl.Float64(),
        "currency": pl.String(),
        "detail": pl.String(),
        "provider": pl.String(),
        "fetched_at": INSTANT,
    }
)
"""One action of any kind, unique on `ACTION_KEY`. `ratio` is a split's, `amount` and `currency` a dividend's, else null;
`detail` is the symbol that ends with a `symbol_change`, a remark elsewhere; `fetched_at` is null where nobody noted it."""

ACTION_KEY: Final = ("instrument_id", "kind", "ex_date")

Days = NDArray[np.int32]
Factors = NDArray[np.float64]


class ActionKind(StrEnum):
    """What happened to a share on the first session of `ex_date`."""

    SPLIT = "split"
    DIVIDEND = "dividend"
    SYMBOL_CHANGE = "symbol_change"
    DELISTING = "delisting"


class Adjustment(StrEnum):
    """The basis on which a series is read: as stored, on today's share count, or with dividends taken off as well."""

    RAW = "raw"
    SPLIT = "split"
    ALL = "all"


def empty_splits() -> pl.DataFrame:
    """Return a split frame without rows."""
    return pl.DataFrame(schema=SPLIT_SCHEMA)


def empty_dividends() -> pl.DataFrame:
    """Return a dividend frame without rows."""
    return pl.DataFrame(schema=DIVIDEND_SCHEMA)


def empty_delistings() -> pl.DataFrame:
    """Return a delisting frame without rows."""
    return pl.DataFrame(schema=DELISTING_SCHEMA)


def empty_actions() -> pl.DataFrame:
    """Return an action frame without rows."""
    return pl.DataFrame(schema=ACTION_SCHEMA)


def as_actions(told: pl.DataFrame, kind: ActionKind, fetched_at: datetime | None) -> pl.DataFrame:
    """Return an action frame of a split, dividend or delisting frame; of rows with the same key the last one stays."""
    named = told.with_columns(
        pl.lit(kind.value).alias("kind"), pl.lit("").alias("detail"), pl.lit(fetched_at).alias("fetched_at")
    )
    absent = [pl.lit(None, kind_).alias(name) for name, kind_ in ACTION_SCHEMA.items() if name not in named.columns]
    whole = named.with_columns(absent).select(ACTION_SCHEMA.names()).cast(ACTION_SCHEMA)
    return whole.unique(ACTION_KEY, keep="last", maintain_order=True).sort(ACTION_KEY)


def splits_of(actions: pl.DataFrame) -> pl.DataFrame:
    """Return the splits of an action frame as a split frame."""
    return actions.filter(pl.col("kind") == ActionKind.SPLIT.value).select(SPLIT_SCHEMA.names())


def dividends_of(actions: pl.DataFrame) -> pl.DataFrame:
    """Return the dividends of an action frame as a dividend frame."""
    return actions.filter(pl.col("kind") == ActionKind.DIVIDEND.value).select(DIVIDEND_SCHEMA.names())


def split_adjusted(candles: pl.DataFrame, splits: pl.DataFrame, zone: str = "UTC") -> pl.DataFrame:
    """Return a candle frame on today's share count: earlier prices divided by later splits, volumes multiplied.

    `basis` becomes `split` in every row. Both frames may hold several instruments.

    Args:
        candles: Candle frame.
        splits: Split frame.
        zone: Time zone in which a candle's day is read; the venue's for candles within the day, UTC for all others.
    """
    if candles.is_empty():
        return candles
    price = pl.Series("factor", split_factors(candles, splits, zone))
    return candles.with_columns(
        *(pl.col(name) / price for name in (*PRICES, "vwap")),
        pl.col("volume") * price,
        pl.lit(Basis.SPLIT.value).alias("basis"),
    )


def split_factors(candles: pl.DataFrame, splits: pl.DataFrame, zone: str = "UTC") -> Factors:
    """Return for each candle by what its prices must be divided to stand on today's share count."""
    if splits.is_empty():
        return np.ones(candles.height)
    day, known = days_of(candles["opened_at"], zone), days_of(candles["fetched_at"])
    adjusted = (candles["basis"] == Basis.SPLIT.value).to_numpy()
    # What a provider has already applied is not applied again.
    after = np.where(adjusted, np.maximum(day, known), day)
    return product_of_later(candles["instrument_id"], after, splits, "ratio")


def days_of(instants: pl.Series, zone: str = "UTC") -> Days:
    """Return the dates of instants in a time zone, as days since 1970."""
    days: Days = instants.dt.convert_time_zone(zone).dt.date().to_physical().to_numpy()
    return days


def product_of_later(instrument_ids: pl.Series, days: Days, actions: pl.DataFrame, factor: str) -> Factors:
    """Return for each row the product of what its instrument's actions say that come after its day.

    Args:
        instrument_ids: Of the rows.
        days: Of the rows, as days since 1970.
        actions: `instrument_id`, `ex_date` and the column named by `factor`, without nulls; in any order.
        factor: The column that is multiplied.
    """
    if actions.is_empty():
        return np.ones(len(days))
    # One pass over the rows: of each instrument's list of actions, the rest from a day on is one number.
    ordered = actions.sort("instrument_id", "ex_date")
    places = _place(ordered["instrument_id"], ordered["ex_date"].to_physical().to_numpy())
    rest = ordered.select(pl.col(factor).cum_prod(reverse=True).over("instrument_id")).to_series().to_numpy()
    index = np.searchsorted(places, _place(instrument_ids, days), side="right")
    found = np.minimum(index, len(places) - 1)
    applies = (index < len(places)) & (ordered["instrument_id"].to_numpy()[found] == instrument_ids.to_numpy())
    return np.where(applies, rest[found], 1.0)


def _place(instrument_ids: pl.Series, days: Days) -> NDArray[np.int64]:
    # One sortable number for an instrument and a day: days since 1970 fit into 32 bits with their sign.
    return instrument_ids.to_numpy().astype(np.int64) * 2**32 + days + 2**31


def splits_known_by(splits: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return the splits, or other actions, in force at `now`: an announced one moves no price before its day comes."""
    return splits.filter(pl.col("ex_date") <= now.astimezone(UTC).date())
