"""Real dividends of American shares with their raw prices: controls nobody wrote a rule by, and faults planted into them."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.candles import as_candles
from trend_platform.quality.dividends import judge_dividends

SYMBOLS = ("aapl", "aig", "bac", "eem", "ibm", "iwm", "nwsa", "qqq", "spy", "wm")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Share:
    """One share: its name, daily candles as traded, and what its factor file says of splits and dividends."""

    symbol: str
    candles: pl.DataFrame
    splits: pl.DataFrame
    dividends: pl.DataFrame

    def struck(self, told: pl.DataFrame | None = None) -> list[tuple[object, str]]:
        """Return day and rule of what is said of its dividends, or of others in their place."""
        said = judge_dividends(self.dividends if told is None else told, self.candles, self.splits)
        return list(said.select("ex_date", "rule").iter_rows())


def shares(folder: Path) -> Iterator[Share]:
    """Yield the shares whose candles and factors are both there."""
    for symbol in SYMBOLS:
        candles = _candles(folder / "daily" / f"{symbol}.zip")
        splits, dividends = _actions(folder / "factor_files" / f"{symbol}.csv", candles)
        yield Share(symbol, candles, splits, dividends)


def planted_one_by_one(share: Share, every: int, change: Callable[[float], float]) -> tuple[int, int]:
    """Return how many single amounts were changed, and for how many of them a rule struck that day."""
    places = range(every // 2, share.dividends.height, every)
    found = 0
    for place in places:
        is_it = pl.int_range(pl.len()) == place
        amount = change(share.dividends["amount"][place])
        told = share.dividends.with_columns(pl.when(is_it).then(amount).otherwise("amount").alias("amount"))
        found += share.dividends["ex_date"][place] in {day for day, _ in share.struck(told)}
    return len(places), found


def _candles(path: Path) -> pl.DataFrame:
    with zipfile.ZipFile(path) as archive:
        body = archive.read(archive.namelist()[0])
    names = ["day", "open", "high", "low", "close", "volume"]
    rows = pl.read_csv(io.BytesIO(body), has_header=False, new_columns=names)
    said = {"instrument_id": 1, "timeframe": "1d", "provider": "lean", "basis": "raw", "is_final": True}
    return as_candles(
        rows.with_columns(
            pl.col("day").str.slice(0, 8).str.to_datetime("%Y%m%d", time_unit="us", time_zone="UTC").alias("opened_at"),
            *(pl.col(name) / 10_000 for name in names[1:5]),
            pl.lit(NOW).alias("fetched_at"),
            *(pl.lit(value).alias(name) for name, value in said.items()),
        )
    )


def _actions(path: Path, candles: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    # A row holds up to its day, the one after it from the next session on; its last column is the close of that day.
    names = ["day", "price_factor", "split_factor", "close"]
    rows = pl.read_csv(path, has_header=False, new_columns=names).with_columns(
        pl.col("day").cast(pl.String).str.to_date("%Y%m%d"), share=1 - pl.col("price_factor") / pl.col("price_factor").shift(-1),
        ratio=pl.col("split_factor").shift(-1) / pl.col("split_factor"),
    )  # fmt: skip
    days = candles.select(ex_date=pl.col("opened_at").dt.date())
    placed = rows.with_columns(pl.col("day").dt.offset_by("1d")).join_asof(
        days.with_columns(day="ex_date"), on="day", strategy="forward"
    )
    # Where the candles have a hole, the next one is not the ex-date.
    is_near = pl.col("ex_date") - pl.col("day") <= pl.duration(days=5)
    known = placed.drop_nulls(["ex_date", "share"]).filter(is_near & (pl.col("close") > 1))
    fixed = (pl.lit(1).alias("instrument_id"), pl.lit("lean").alias("provider"), pl.lit("USD").alias("currency"))
    splits = known.filter((pl.col("ratio") - 1).abs() > 1e-4).with_columns(*fixed)
    paid = known.filter(pl.col("share") > 1e-5).with_columns(
        *fixed, amount=pl.col("share") * pl.col("close") / pl.col("ratio")
    )
    return splits.select(SPLIT_SCHEMA.names()).cast(SPLIT_SCHEMA), paid.select(DIVIDEND_SCHEMA.names()).cast(
        DIVIDEND_SCHEMA
    )
