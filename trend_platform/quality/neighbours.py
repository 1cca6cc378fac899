"""The rules about neighbours, run one after the other over one window; the first that strikes a row is named.

Candles that were left unadjusted for a known split are taken away first: what follows a split would else look like a jump.
"""

from dataclasses import replace

import numpy as np
import polars as pl

from trend_platform.quality.rules.base import Strike
from trend_platform.quality.rules.foreign import strike_foreign
from trend_platform.quality.rules.levels import strike_levels
from trend_platform.quality.rules.repeats import strike_repeats
from trend_platform.quality.rules.splits import strike_unadjusted
from trend_platform.quality.verdict import Surroundings
from trend_platform.quality.window import window_of


def strikes_among_neighbours(rows: pl.DataFrame, surroundings: Surroundings) -> list[Strike]:
    """Return what the neighbours of sound rows (sorted, unique on the key) tell against them."""
    if rows.is_empty():
        return []
    window = window_of(rows, surroundings)
    unadjusted = strike_unadjusted(window, surroundings)
    if not unadjusted:
        return _others(rows, surroundings)
    left = np.delete(np.arange(rows.height), [found.row for found in unadjusted])
    others = _others(rows[left], surroundings) if len(left) else []
    return unadjusted + [replace(found, row=int(left[found.row])) for found in others]


def _others(rows: pl.DataFrame, surroundings: Surroundings) -> list[Strike]:
    window = window_of(rows, surroundings)
    families = (strike_foreign, strike_levels, strike_repeats)
    return [found for family in families for found in family(window, surroundings)]
