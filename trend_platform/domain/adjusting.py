"""Taking dividends off: the view of a series as its holder saw it grow, made on read in one pass over its columns.

The factor of a dividend is that of CRSP, `1 - amount / close before`: the last close of a session before the ex-date and
the cash per share, both on one share count. Prices before the ex-date are multiplied by it; volumes follow splits alone.
"""

from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from trend_platform.domain.actions import Adjustment, days_of, product_of_later, split_adjusted, split_factors
from trend_platform.domain.candles import PRICES

CLOSE_WITHIN: Final = timedelta(days=10)
"""How old the close before a dividend may be. Longer than any pause of a venue since 1962; an older one says nothing of the
price the dividend was taken off."""


def dividend_factors(dividends: pl.DataFrame, splits: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Return the dividends with `before`, `close` and `factor`, sorted by instrument and day.

    `close` is the last final close before the ex-date and `before` its stamp, `factor` by what earlier prices are
    multiplied. They are null where no such close is stored, and `factor` also where a dividend is no less than the price.

    Args:
        dividends: Dividend frame; amounts on the share count of their day.
        splits: Split frame of the same instruments.
        daily: Daily candles (candle frame) that reach from the first to the last of the dividends.
    """
    final = daily.filter("is_final").select("instrument_id", "opened_at", "close", "basis", "fetched_at")
    asked = dividends.with_columns(pl.col("ex_date").cast(final.schema["opened_at"]).alias("at"))
    found = asked.sort("at").join_asof(
        final.with_columns(pl.col("opened_at").alias("before")).sort("opened_at"),
        left_on="at",
        right_on="opened_at",
        by="instrument_id",
        strategy="backward",
        allow_exact_matches=False,
        tolerance=CLOSE_WITHIN,
        check_sortedness=False,
    )
    told = found.filter(pl.col("before").is_not_null()).with_columns(pl.col("before").alias("opened_at"))
    on_count = told.with_columns(
        pl.col("close") / pl.Series(split_factors(told, splits)),
        (pl.col("amount") / pl.Series(_later_splits(told, splits))).alias("paid"),
    )
    factor = 1 - pl.col("paid") / pl.col("close")
    named = on_count.with_columns(pl.when(factor.is_finite() & (factor > 0)).then(factor).alias("factor"))
    key = ("instrument_id", "ex_date")
    whole = dividends.join(named.select(*key, "before", "close", "factor"), on=key, how="left", maintain_order="left")
    return whole.sort(key)


def adjusted(
    candles: pl.DataFrame, adjustment: Adjustment, splits: pl.DataFrame, factors: pl.DataFrame, zone: str = "UTC"
) -> pl.DataFrame:
    """Return a candle frame on the basis of `adjustment`; `basis` says so in every row of one that is not raw.

    Args:
        candles: Candle frame, as stored.
        adjustment: The basis.
        splits: Split frame: those in force.
        factors: Dividends in force, as `dividend_factors` returns them; those without a factor are passed over.
        zone: Time zone in which a candle's day is read; the venue's for candles within the day, UTC for all others.
    """
    if adjustment is Adjustment.RAW:
        return candles
    on_count = split_adjusted(candles, splits, zone)
    if adjustment is Adjustment.SPLIT or on_count.is_empty():
        return on_count
    applied = factors.filter(pl.col("factor").is_not_null())
    days = days_of(on_count["opened_at"], zone)
    share = pl.Series(product_of_later(on_count["instrument_id"], days, applied, "factor"))
    prices = (pl.col(name) * share for name in (*PRICES, "vwap"))
    return on_count.with_columns(*prices, pl.lit(Adjustment.ALL.value).alias("basis"))


def _later_splits(dividends: pl.DataFrame, splits: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    # An amount is on the share count of its own day: a split of the same day has come already.
    days = dividends["ex_date"].to_physical().to_numpy()
    return product_of_later(dividends["instrument_id"], days, splits, "ratio")
