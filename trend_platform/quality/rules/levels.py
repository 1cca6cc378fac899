"""Rules about the level of a series: candles in another unit, spikes, and jumps that no known split explains.

A cheap look over all candles finds the series with a change beyond their kind's factor; only those are taken apart into
stretches of one level (`stretches`), and a stretch that is not believed is struck by one of three rules.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from trend_platform.domain.actions import split_factors
from trend_platform.domain.calendars import from_us
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.rules.base import Finding, Rule, Severity, Strike, strike
from trend_platform.quality.stretches import AROUND, SHORTEST_SERIES, UNIT_SHIFT, SeriesLevels, Stretch
from trend_platform.quality.verdict import Surroundings
from trend_platform.quality.window import Flags, Floats, Rows, Window

UNIT_100X = Rule(
    id="unit_100x",
    severity=Severity.REJECT,
    sentence="the close {} is {} times the {} around it: another unit, such as cents for dollars",
)
SPIKE = Rule(
    id="spike",
    severity=Severity.REJECT,
    sentence="the price {} is {} times the {} around it and does not stay there; up to {} times is believed",
)
UNEXPLAINED_JUMP = Rule(
    id="unexplained_jump",
    severity=Severity.REJECT,
    sentence="the close {} of {} is {} times the {} of {}, no known split explains it, and up to {} times is believed;"
    " add the split or release these candles",
)
LEVELS = (UNIT_100X, SPIKE, UNEXPLAINED_JUMP)

# The factor between two candles that is still believed. CBOE's VIX doubled within a day (2018-02-05), so an index may.
_FACTORS = {AssetClass.CRYPTO: 10.0, AssetClass.FOREX: 1.5, AssetClass.INDEX: 3.0}
_FACTOR_OF_OTHERS = 4.0
_EXPONENTS = {Timeframe.W1: 1.5, Timeframe.MO1: 2.0}
_SPIKE_LENGTH = 3


def believed_factor(asset_class: AssetClass, timeframe: Timeframe) -> float:
    """Return by which factor the price may change from one candle to the next and still be believed."""
    return float(_FACTORS.get(asset_class, _FACTOR_OF_OTHERS) ** _EXPONENTS.get(timeframe, 1.0))


def strike_levels(window: Window, surroundings: Surroundings) -> list[Strike]:
    """Return the candles whose price has left the level of its series.

    A series with prices at or below zero (commodities) has no level in this sense and is passed over.
    """
    factors = [
        believed_factor(surroundings.instruments[int(one)].asset_class, surroundings.timeframe)
        for one in window.ids[window.bounds[:-1]]
    ]
    return [
        strike(int(window.rows[candle]), rule, *found)
        for series in _suspicious(window, np.array(factors))
        for candle, rule, found in _findings(window, surroundings, series, factors[series])
        if not window.is_stored[candle]
    ]


def _suspicious(window: Window, factors: Floats) -> list[int]:
    factor = np.repeat(factors, np.diff(window.bounds))
    before, after = window.close[:-1], window.close[1:]
    is_wide = window.high > window.low * factor
    is_wide[1:] |= ((after > before * factor[1:]) | (after * factor[1:] < before)) & window.follows
    if not is_wide.any():
        return []
    lowest = np.minimum.reduceat(window.low, window.bounds[:-1])
    return [int(one) for one in np.unique(window.series[is_wide]) if lowest[one] > 0]


def _findings(window: Window, surroundings: Surroundings, series: int, factor: float) -> list[Finding]:
    start, end = int(window.bounds[series]), int(window.bounds[series + 1])
    if end - start < SHORTEST_SERIES and not window.is_stored[start:end].any():
        return []
    levels = _levels(window, surroundings, slice(start, end), factor)
    stretches = levels.stretches()
    kept = levels.believed(stretches)
    is_kept = np.repeat(kept, [len(stretch) for stretch in stretches])
    left = [stretch for stretch, is_believed in zip(stretches, kept, strict=True) if not is_believed]
    shifted = [found for stretch in left for found in _of_stretch(levels, stretch, np.flatnonzero(is_kept))]
    spikes = _of_wicks(window.high[start:end], window.low[start:end], levels, is_kept)
    return [(start + candle, rule, found) for candle, rule, found in (*shifted, *spikes)]


def _levels(window: Window, surroundings: Surroundings, rows: slice, factor: float) -> SeriesLevels:
    raw = np.log(window.close[rows])
    splits = surroundings.splits.filter(pl.col("instrument_id") == int(window.ids[rows.start]))
    adjusted = raw - np.log(split_factors(window.frame[rows], splits))
    return SeriesLevels(raw, adjusted, window.stamps[rows], window.is_stored[rows], factor)


def _of_stretch(levels: SeriesLevels, stretch: Stretch, kept: Rows) -> Iterator[Finding]:
    position = int(np.searchsorted(kept, stretch.start))
    around = kept[max(position - AROUND, 0) : position + AROUND]
    usual = float(np.exp(np.median(levels.raw[around])))
    is_unit = UNIT_SHIFT[0] <= levels.shift(stretch, around) <= UNIT_SHIFT[1]
    returns = len(stretch) <= _SPIKE_LENGTH and position < len(kept)
    jump = _jump(levels, stretch, kept, position)
    for candle in range(stretch.start, stretch.end):
        price = float(np.exp(levels.raw[candle]))
        if is_unit:
            yield candle, UNIT_100X, (price, price / usual, usual)
        elif returns:
            yield candle, SPIKE, (price, price / usual, usual, levels.factor)
        else:
            yield candle, UNEXPLAINED_JUMP, jump


def _jump(levels: SeriesLevels, stretch: Stretch, kept: Rows, position: int) -> tuple[object, ...]:
    # Where the stretch meets the believed candles before it, or those after it if there are none before.
    edge, other = (stretch.start, int(kept[position - 1])) if position else (stretch.end - 1, int(kept[0]))
    price, believed = float(np.exp(levels.raw[edge])), float(np.exp(levels.raw[other]))
    edge_time, other_time = (from_us(levels.stamps[one]) for one in (edge, other))
    return price, edge_time, price / believed, believed, other_time, levels.factor


def _of_wicks(high: Floats, low: Floats, levels: SeriesLevels, is_kept: Flags) -> Iterator[Finding]:
    # The close is where it belongs, but the high or low is beyond all closes next to it. Real prints go far on a bad day
    # (XL Group fell to 5.40 from 36 and back on 2015-08-24), so it takes the factor twice.
    factor = levels.factor**2
    close = np.exp(levels.raw)
    edged = np.concatenate((close[:1], close, close[-1:]))
    above = np.maximum(np.maximum(edged[:-2], close), edged[2:])
    below = np.minimum(np.minimum(edged[:-2], close), edged[2:])
    for candle in np.flatnonzero(is_kept & ((high > above * factor) | (low * factor < below))).tolist():
        is_high = high[candle] > above[candle] * factor
        price, usual = (high[candle], above[candle]) if is_high else (low[candle], below[candle])
        yield candle, SPIKE, (float(price), float(price / usual), float(usual), factor)
