"""Social posts: the frame in which they travel. Who wrote a post is not kept."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.texts import fit_to_keep

TOLD_POST_SCHEMA: Final = pl.Schema(
    {
        "provider": pl.String(),
        "post_id": pl.String(),
        "url": pl.String(),
        "text": pl.String(),
        "symbols": pl.List(pl.String()),
        "stance": pl.String(),
        "likes": pl.Int64(),
        "replies": pl.Int64(),
        "posted_at": INSTANT,
    }
)
"""A post as a source told it. `stance` is the author's own mark, null where there is none; `likes` and `replies` are null where
the source does not count."""

POST_SCHEMA: Final = pl.Schema({**TOLD_POST_SCHEMA, "sentiment": pl.Float64(), "fetched_at": INSTANT})
"""A post, unique on `provider` and `post_id`; `symbols` are the instruments it is about, `sentiment` goes from -1 to 1."""

_MOST: Final = 2**63

POST_KEY: Final = ("provider", "post_id")


class Stance(StrEnum):
    """What the author marks a post as."""

    BULLISH = "bullish"
    BEARISH = "bearish"


@cache
def no_posts() -> pl.DataFrame:
    """Return a frame of told posts without rows."""
    return pl.DataFrame(schema=TOLD_POST_SCHEMA)


@cache
def empty_posts() -> pl.DataFrame:
    """Return a post frame without rows."""
    return pl.DataFrame(schema=POST_SCHEMA)


def told_posts(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Return posts as told, without those that have no id or no time, each id once; a count that is none is null.

    Raises:
        polars.exceptions.PolarsError: A value does not fit its dtype.
    """
    frame = pl.DataFrame([_counted(fit_to_keep(row)) for row in rows], schema=TOLD_POST_SCHEMA)
    there = (pl.col("post_id").str.len_chars() > 0) & pl.col("posted_at").is_not_null()
    return frame.filter(there).unique(POST_KEY, keep="first", maintain_order=True)


def as_posts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the columns, dtypes and order of the post frame, the newest first.

    Raises:
        polars.exceptions.PolarsError: A column is missing or a value does not fit its dtype.
    """
    columns = frame.select(pl.col(name).cast(dtype) for name, dtype in POST_SCHEMA.items())
    return columns.sort("posted_at", "provider", "post_id", descending=[True, False, False])


def _counted(row: dict[str, object]) -> dict[str, object]:
    counts = {name: row[name] for name in ("likes", "replies")}
    return row | {name: one if isinstance(one, int) and 0 <= one < _MOST else None for name, one in counts.items()}
