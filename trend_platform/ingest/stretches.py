"""Stretches of time: candles that lie far apart are stored apart, so that nothing between them has to be read.

A repair may bring a minute of 2019 and one of 2026 in one batch; what is stored between them is none of its business. Pure.
"""

from datetime import timedelta

import numpy as np
import polars as pl

APART = timedelta(days=14)
"""Candles further from each other than this are in two stretches: some chunks of the table for candles within a day."""


def stretches(candles: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the rows in parts between which nothing lies for two weeks, oldest first; the order in each is kept."""
    stamps = candles["opened_at"].cast(pl.Int64).to_numpy()
    known = np.unique(stamps)
    begins = known[1:][np.diff(known) > APART // timedelta(microseconds=1)]
    if not len(begins):
        return [candles]
    of_row = np.searchsorted(begins, stamps, side="right")
    return [candles.filter(pl.Series(of_row == number)) for number in range(len(begins) + 1)]
