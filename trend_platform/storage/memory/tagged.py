"""Rows that carry the symbols they are about, as stories and posts do: finding them by symbol."""

from collections.abc import Collection

import polars as pl


def about(rows: pl.DataFrame, symbols: Collection[str]) -> pl.DataFrame:
    """Return the rows with any of these in their list `symbols`, all rows if none is named."""
    if not symbols:
        return rows
    wanted = pl.Series(sorted(symbols), dtype=pl.String).implode()
    return rows.filter(pl.col("symbols").list.set_intersection(wanted).list.len() > 0)
