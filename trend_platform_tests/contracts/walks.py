"""Made-up candles for contract subjects whose own shape carries all four prices: a random walk without holes."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl


def walked_candles(start: datetime, step: timedelta, count: int, seed: int = 5) -> pl.DataFrame:
    """Return `opened_at`, `open`, `high`, `low`, `close` of `count` candles, each of which opens where the one before closed."""
    drawn = np.random.default_rng(seed)
    path = (40_000 + np.cumsum(drawn.normal(0, 40, count + 1))).round(2)
    opens, closes = path[:-1], path[1:]
    spread = drawn.uniform(0, 30, (2, count)).round(2)
    return pl.DataFrame(
        {
            "opened_at": pl.Series([start + number * step for number in range(count)], dtype=pl.Datetime("us", "UTC")),
            "open": opens,
            "high": (np.maximum(opens, closes) + spread[0]).round(2),
            "low": (np.minimum(opens, closes) - spread[1]).round(2),
            "close": closes,
        }
    )
