"""The S&P 500 file of the shared data, read independently of the platform: what is valid, what is not, what is missing."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

FILE = "market/sp500_5yr/all_stocks_5yr.csv.gz"
AS_OF = date(2018, 2, 7)
FIRST = date(2013, 2, 8)


@dataclass(frozen=True)
class Sp500:
    """The file, and what a careful reader finds in it.

    Attributes:
        path: Where it lies.
    """

    path: Path

    @cached_property
    def lines(self) -> pl.DataFrame:
        """All lines: `date`, `open`, `high`, `low`, `close`, `volume`, `Name`; empty cells are null."""
        return pl.read_csv(self.path, try_parse_dates=True, schema_overrides={"volume": pl.Float64})

    @cached_property
    def valid(self) -> pl.DataFrame:
        """The lines whose prices are there and agree with each other."""
        return self.lines.drop_nulls(["open", "high", "low", "close"]).filter(
            pl.col("low") <= pl.min_horizontal("open", "close"), pl.col("high") >= pl.max_horizontal("open", "close")
        )

    @property
    def symbols(self) -> list[str]:
        """The 505 symbols."""
        return sorted(self.lines["Name"].unique())
