"""The rule about candles that were left on the share count of before a split while those around them were not.

A provider that applies a split late, or to a part of the history only, leaves a stretch before the day of the split that is
off by exactly its ratio. What is looked for is that step, not merely a large one.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from trend_platform.domain.actions import split_factors
from trend_platform.quality.rules.base import Finding, Rule, Severity, Strike, strike
from trend_platform.quality.verdict import Surroundings
from trend_platform.quality.window import Floats, Window

UNADJUSTED_FOR_SPLIT = Rule(
    id="unadjusted_for_split",
    severity=Severity.REJECT,
    sentence="the close {} is off by the split of {} ({} new for 1 old): these candles stand on another share count than"
    " those around them",
)

_EPOCH: Final = date(1970, 1, 1)
_DAY_US: Final = timedelta(days=1) // timedelta(microseconds=1)
_NEAR: Final = (
    30  # candles before the day of the split: the further away, the likelier a step of that size is a real one
)
_TELLS: Final = 6.0  # usual moves: a ratio below that could be a bad day
_PRECISION: Final = 3.0  # usual moves by which the step may miss the ratio
_LEAST_MOVE: Final = 0.005
_LEAST_CANDLES: Final = 10


def strike_unadjusted(window: Window, surroundings: Surroundings) -> list[Strike]:
    """Return the candles that miss a known split although the rest of their series has it."""
    if surroundings.splits.is_empty():
        return []
    firsts = {int(window.ids[start]): number for number, start in enumerate(window.bounds[:-1])}
    return [
        strike(int(window.rows[candle]), rule, *shown)
        for one, ex_date, ratio in surroundings.splits.select("instrument_id", "ex_date", "ratio").iter_rows()
        if one in firsts and ratio > 0
        for candle, rule, shown in _findings(window, surroundings, firsts[one], ex_date, ratio)
        if not window.is_stored[candle]
    ]


def _findings(
    window: Window, surroundings: Surroundings, series: int, ex_date: date, ratio: float
) -> Iterator[Finding]:
    start, end = int(window.bounds[series]), int(window.bounds[series + 1])
    day = (ex_date - _EPOCH).days * _DAY_US
    after = start + int(np.searchsorted(window.stamps[start:end], day))
    if end - start < _LEAST_CANDLES or not start < after < end or window.low[start:end].min() <= 0:
        return
    for candle in _unadjusted(_adjusted(window, surroundings, slice(start, end)), after - start, float(np.log(ratio))):
        at = start + candle
        yield at, UNADJUSTED_FOR_SPLIT, (float(window.close[at]), ex_date, ratio)


def _adjusted(window: Window, surroundings: Surroundings, rows: slice) -> Floats:
    splits = surroundings.splits.filter(pl.col("instrument_id") == int(window.ids[rows.start]))
    adjusted: Floats = np.log(window.close[rows]) - np.log(split_factors(window.frame[rows], splits))
    return adjusted


def _unadjusted(adjusted: Floats, after: int, ratio: float) -> list[int]:
    """Return the candles before `after` that lie off by the ratio, going back from where the split is in force."""
    moves = np.diff(adjusted)
    usual = max(1.4826 * float(np.median(np.abs(moves - np.median(moves)))), _LEAST_MOVE)
    if abs(ratio) < _TELLS * usual:
        return []
    step = np.where(np.abs(moves + ratio) <= _PRECISION * usual, 1, 0)  # going back, from here on the split is lacking
    step -= np.where(
        np.abs(moves - ratio) <= _PRECISION * usual, 1, 0
    )  # or is there once too often; or all is well again
    lacks, found = 0, np.zeros(after, dtype=np.int8)
    for candle in range(after - 1, -1, -1):
        if lacks == 0 and after - candle > _NEAR:
            break
        lacks = min(max(lacks + int(step[candle]), -1), 1)
        found[candle] = lacks
    if len(found) and found[0] < 0:
        # A special dividend that comes with a consolidation of the same size looks like this, and is none.
        found[: int(np.argmax(found >= 0)) if (found >= 0).any() else after] = 0
    return [int(candle) for candle in np.flatnonzero(found)]
