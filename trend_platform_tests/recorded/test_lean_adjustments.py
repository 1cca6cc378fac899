"""Adjusted series of real shares against the factors a known engine publishes for them: LEAN's factor files.

A row of a factor file says by what prices up to and with its day are multiplied, dividends and splits apart, and the close of that
day. What was paid follows from two rows. Rounded to the decimals in which a share pays it is the amount of the world, such as
2.65 dollars of AAPL, and the factors that come out of it are ours.
"""

import csv
import io
import zipfile
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA, Adjustment
from trend_platform.domain.adjusting import adjusted, dividend_factors
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import as_candles

pytestmark = pytest.mark.recorded

# Files whose days are there without holes from the first row of their factors on.
SHARES = ("aapl", "ibm", "spy", "aig", "eem", "iwm", "uso", "bno")
# In how many decimals a share pays, where the file's seven digits tell the amounts apart.
DECIMALS = {"aapl": 3, "ibm": 3, "aig": 3, "spy": 4, "iwm": 4}
_TICKS = 10_000


@pytest.fixture
def equity(shared_data: Path) -> Path:
    return shared_data / "market" / "lean" / "equity" / "usa"


def days_of(equity: Path, share: str) -> pl.DataFrame:
    with zipfile.ZipFile(equity / "daily" / f"{share}.zip") as archive:
        told = archive.read(f"{share}.csv")
    names = ("at", "open", "high", "low", "close", "volume")
    columns = pl.read_csv(io.BytesIO(told), has_header=False, new_columns=names)
    at = pl.col("at").str.slice(0, 8).str.to_datetime("%Y%m%d", time_unit="us", time_zone="UTC")
    prices = (pl.col(name) / _TICKS for name in names[1:5])
    said = {"instrument_id": 1, "timeframe": "1d", "provider": "lean", "basis": "raw", "is_final": True}
    return as_candles(
        columns.with_columns(
            at.alias("opened_at"),
            at.alias("fetched_at"),
            *prices,
            *(pl.lit(value).alias(name) for name, value in said.items()),
        )
    )


def factors_of(equity: Path, share: str) -> list[tuple[date, float, float, float]]:
    with (equity / "factor_files" / f"{share}.csv").open() as file:
        rows = [(datetime.strptime(day, "%Y%m%d").date(), *map(float, rest)) for day, *rest in csv.reader(file)]  # noqa: DTZ007  a day
    return [(day, price, split, close) for day, price, split, close in rows]


def actions_of(rows: list[tuple[date, float, float, float]], decimals: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    calendar = get_calendar("XNYS")
    paid, split = [], []
    for (day, price, count, close), (_, next_price, next_count, _) in pairwise(rows[1:]):
        opens = calendar.sessions[calendar.sessions > np.datetime64(day, "us").astype(np.int64)]
        ex_date = np.datetime64(int(opens[0]), "us").astype("datetime64[D]").item()
        amount = close * (1 - price / next_price)
        if amount > 1e-9:
            paid.append((1, ex_date, amount if decimals is None else round(amount, decimals), "USD", "lean"))
        if count != next_count:
            # As the file has it: it writes 1/56 as 0.01785710, so a ratio of exactly 2 would differ by more than we allow.
            split.append((1, ex_date, next_count / count, "lean"))
    dividends = pl.DataFrame(paid, schema=DIVIDEND_SCHEMA, orient="row")
    return dividends, pl.DataFrame(split, schema=SPLIT_SCHEMA, orient="row")


def worst(equity: Path, share: str, decimals: int | None) -> float:
    """Return the largest relative difference between our adjusted prices and LEAN's, over all days and prices."""
    candles, rows = days_of(equity, share), factors_of(equity, share)
    candles = candles.filter(pl.col("opened_at").dt.date() > rows[0][0])
    dividends, splits = actions_of(rows, decimals)
    factors = dividend_factors(dividends, splits, candles)
    assert factors["factor"].null_count() == 0
    ours = adjusted(candles, Adjustment.ALL, splits, factors)
    # A row holds for the days up to and with its own.
    table = pl.DataFrame(rows, schema=["until", "price", "split", "close_then"], orient="row")
    day = pl.col("opened_at").dt.date().alias("until")
    theirs = candles.with_columns(day).join_asof(table.sort("until"), on="until", strategy="forward")
    by = (theirs["price"] * theirs["split"]).to_numpy()
    return max(
        float(np.abs(ours[name].to_numpy() / (candles[name].to_numpy() * by) - 1).max())
        for name in ("open", "high", "low", "close")
    )


@pytest.mark.parametrize("share", SHARES)
def test_adjusted_series_are_reproduced(equity: Path, share: str) -> None:
    assert worst(equity, share, decimals=None) < 1e-6


@pytest.mark.parametrize("share", DECIMALS)
def test_so_are_those_of_the_amounts_that_were_paid(equity: Path, share: str) -> None:
    assert worst(equity, share, DECIMALS[share]) < 1e-6
