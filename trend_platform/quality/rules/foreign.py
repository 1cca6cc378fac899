"""The rule about candles of another instrument: the same prices and volume at the same times under two instruments.

Chance does not repeat five numbers thrice; the question is whose candles they are. The series that breaks where the shared
candles begin or end has the wrong ones; where neither tells, neither is believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.calendars import from_us
from trend_platform.quality.rules.base import Finding, Rule, Severity, Strike, strike
from trend_platform.quality.stretches import SHORTEST_SERIES
from trend_platform.quality.verdict import Surroundings
from trend_platform.quality.window import Flags, Window

OTHER_SYMBOL = Rule(
    id="other_symbol",
    severity=Severity.REJECT,
    sentence="the same prices and volume as {} from {} on, {} candles in a row; {}",
)
_ITS_OWN_BREAKS = "its own series breaks there, so these are the other one's candles"
_NOBODY_KNOWS = "whose candles they are cannot be told"

_ENOUGH_IN_A_ROW = 3
_CLEAR_BREAK = float(np.log(1.1))  # of the price between two candles
_BREAKS_MORE = 3.0  # times as much as the other series
_VALUES = ("opened_at", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class _Shared:
    # `length` candles that two series share, from the candle `ours` and the candle `theirs` of the window on.
    ours: int
    theirs: int
    length: int


def strike_foreign(window: Window, surroundings: Surroundings) -> list[Strike]:
    """Return the candles that belong to another instrument of the same window."""
    if len(window.bounds) <= 2:
        return []
    shared = _shared(window)
    return [
        strike(int(window.rows[candle]), rule, *found)
        for run in shared
        for candle, rule, found in _findings(window, surroundings, run)
        if not window.is_stored[candle]
    ]


def _shared(window: Window) -> list[_Shared]:
    candidates = np.flatnonzero(_twins(window))
    if not len(candidates):
        return []
    rows = window.frame.select("instrument_id", *_VALUES)[candidates].with_columns(candle=pl.Series(candidates))
    twins = (
        rows.with_columns(first=pl.col("candle").min().over(_VALUES))
        .filter(pl.col("candle") != pl.col("first"))
        .with_columns(first_id=pl.lit(pl.Series(window.ids)).gather(pl.col("first")))
        .sort("first_id", "instrument_id", "first")
    )
    if twins.is_empty():
        return []
    pairs = twins.select("first_id", "instrument_id", "first", "candle").to_numpy()
    steps = np.diff(pairs, axis=0)
    starts = np.flatnonzero(np.concatenate(([True], (steps != [0, 0, 1, 1]).any(axis=1))))
    lengths = np.diff(np.append(starts, len(pairs)))
    return [
        _Shared(int(pairs[start, 2]), int(pairs[start, 3]), int(length))
        for start, length in zip(starts, lengths, strict=True)
    ]


def _twins(window: Window) -> Flags:
    """Return which candles most likely have a twin; by a hash of their values, so that one sort finds them."""
    seen = _hashed(window)
    tells_much = (window.low > 0) & ((window.volume > 0) | (np.isnan(window.volume) & (window.high > window.low)))
    tells_much &= np.repeat(_is_long_enough(window), np.diff(window.bounds))
    ordered = np.sort(seen[tells_much])
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    return tells_much & np.isin(seen, repeated) if len(repeated) else np.zeros(len(seen), dtype=np.bool_)


def _hashed(window: Window) -> NDArray[np.uint64]:
    seen = window.stamps.astype(np.uint64)
    for values in (window.open, window.high, window.low, window.close, window.volume):
        seen = (seen ^ values.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        seen ^= seen >> np.uint64(29)
    return seen


def _is_long_enough(window: Window) -> Flags:
    is_long = np.diff(window.bounds) >= SHORTEST_SERIES
    has_context: Flags = np.logical_or.reduceat(window.is_stored, window.bounds[:-1])
    return is_long | has_context


def _findings(window: Window, surroundings: Surroundings, run: _Shared) -> Iterator[Finding]:
    ours, theirs = _break(window, run.ours, run.length), _break(window, run.theirs, run.length)
    ours_is_wrong, theirs_is_wrong = _breaks_more(ours, theirs), _breaks_more(theirs, ours)
    if run.length < _ENOUGH_IN_A_ROW and not (ours_is_wrong or theirs_is_wrong):
        return
    told = _ITS_OWN_BREAKS if ours_is_wrong or theirs_is_wrong else _NOBODY_KNOWS
    for start, other, is_right in ((run.ours, run.theirs, theirs_is_wrong), (run.theirs, run.ours, ours_is_wrong)):
        if not is_right:
            symbol = surroundings.instruments[int(window.ids[other])].symbol
            found = (symbol, from_us(window.stamps[start]), run.length, told)
            yield from ((candle, OTHER_SYMBOL, found) for candle in range(start, start + run.length))


def _break(window: Window, start: int, length: int) -> float | None:
    """Return the larger change of price at the two ends of a run, `None` where the series has nothing beside it."""
    end = start + length
    edges = [edge for edge in (start, end) if 0 < edge < len(window.ids) and window.ids[edge] == window.ids[edge - 1]]
    return max((abs(float(np.log(window.open[edge] / window.close[edge - 1]))) for edge in edges), default=None)


def _breaks_more(one: float | None, other: float | None) -> bool:
    if one is None:  # a series that is nothing but the other's candles, while the other one goes on smoothly
        return other is not None and other <= _CLEAR_BREAK
    return one > _CLEAR_BREAK and one > _BREAKS_MORE * (other or 0.0)
