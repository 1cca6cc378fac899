"""Series as they were known at an instant: which of a candle's values, past and present, was the one to be read then.

Pure. A stored candle says when it was fetched; what it replaced is kept as revisions, each with the time its successor came.
Of a candle that was still forming nothing is kept once it is replaced: what it said in between cannot be told any more.
"""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA, INSTANT


def known_at(
    current: pl.DataFrame, revisions: pl.DataFrame, began: Mapping[int, datetime], at: datetime
) -> pl.DataFrame:
    """Return the candle frame that was stored at an instant.

    Args:
        current: Candle frame, as it is stored now.
        revisions: Old values of final candles: a candle frame with `revised_at` and `run_id`, oldest change first.
        began: When runs began, by number. A change by one that began after `revised_at` was made by reading an old answer
            anew: until then the old values were stored. What no run is known of counts from `revised_at` on.
        at: The instant.
    """
    numbers, starts = list(began), list(began.values())
    runs = pl.DataFrame({"run_id": pl.Series(numbers, dtype=pl.Int64), "began": pl.Series(starts, dtype=INSTANT)})
    names = CANDLE_SCHEMA.names()
    old = revisions.join(runs, on="run_id", how="left", maintain_order="left").select(
        *names, pl.max_horizontal("revised_at", "began").alias("until")
    )
    versions = pl.concat([old, current.select(*names, pl.lit(None, INSTANT).alias("until"))])
    # In the order in which they were stored, so that the first one not yet replaced is the one that was there.
    there = versions.filter(pl.col("until").is_null() | (pl.col("until") > at))
    then = there.unique(CANDLE_KEY, keep="first", maintain_order=True).filter(pl.col("fetched_at") <= at)
    return then.select(names).sort(CANDLE_KEY)
