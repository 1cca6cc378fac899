"""News: the frame in which articles travel. One row is one story, however many sources carry it.

Which two articles are the same story, what they are about and how they sound is judged in `quality`.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.texts import fit_to_keep

TOLD_SCHEMA: Final = pl.Schema(
    {
        "provider": pl.String(),
        "url": pl.String(),
        "title": pl.String(),
        "summary": pl.String(),
        "publisher": pl.String(),
        "symbols": pl.List(pl.String()),
        "published_at": INSTANT,
    }
)
"""An article as a source told it. `symbols` are canonical ones that the source itself names, mostly none."""

ARTICLE_SCHEMA: Final = pl.Schema(
    {**TOLD_SCHEMA, "also_at": pl.List(pl.String()), "sentiment": pl.Float64(), "fetched_at": INSTANT}
)
"""A story. `url` is canonical and unique; `also_at` holds the canonical addresses of its other copies; `symbols` are the
instruments it is about; `sentiment` goes from -1 (bad) to 1 (good)."""


@cache
def no_articles() -> pl.DataFrame:
    """Return a frame of told articles without rows."""
    return pl.DataFrame(schema=TOLD_SCHEMA)


@cache
def empty_articles() -> pl.DataFrame:
    """Return an article frame without rows."""
    return pl.DataFrame(schema=ARTICLE_SCHEMA)


def told_articles(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Return articles as told, without those that have no address, no title or no time: such are no articles.

    Raises:
        polars.exceptions.PolarsError: A value does not fit its dtype.
    """
    frame = pl.DataFrame([fit_to_keep(row) for row in rows], schema=TOLD_SCHEMA)
    told = [pl.col(name).str.strip_chars() for name in ("url", "title", "summary", "publisher")]
    there = [pl.col(name).str.len_chars() > 0 for name in ("url", "title")]
    return frame.with_columns(told).filter(*there, pl.col("published_at").is_not_null())


def as_articles(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the columns, dtypes and order of the article frame, the newest first.

    Raises:
        polars.exceptions.PolarsError: A column is missing or a value does not fit its dtype.
    """
    columns = frame.select(pl.col(name).cast(dtype) for name, dtype in ARTICLE_SCHEMA.items())
    return columns.sort("published_at", "url", descending=[True, False])
