"""Silence or hole: which runs of absent candles a thinly traded market explains, and which ones it does not.

A provider that leaves out candles without trades leaves the same trace as one that lost some. How long silences of this very
market last around the place tells them apart: they end with about the same probability from candle to candle, so a run that
would be expected less than once in a billion such markets is not one of them. Pure; arrays in, arrays out.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

# So many candles on either side tell how the market trades: two days of minutes.
_AROUND = 2_880
# Of fewer silences nothing is learnt about how long they last.
_FEWEST = 10
# A silence counts for no more than this among its neighbours, lest one outage excuse the next.
_LONGEST_TO_LEARN_FROM = 60
_CHANCE = log(1e-9)

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Silences:
    """Runs of absent candles, oldest first.

    Attributes:
        starts: Number of the first absent candle of each.
        ends: Number of the first candle after it.
        are_usual: Whether the market around it explains it.
    """

    starts: Numbers
    ends: Numbers
    are_usual: NDArray[np.bool_]

    def of(self, number: int) -> bool:
        """Return whether the run that the absent candle `number` lies in is usual."""
        return bool(self.are_usual[int(self.starts.searchsorted(number, side="right")) - 1])


def silences(is_absent: NDArray[np.bool_]) -> Silences:
    """Return the runs of absent candles, each with whether it is usual.

    Args:
        is_absent: One flag per expected candle, in order.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_absent.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    lengths = ends - starts
    learnt = np.concatenate(([0], np.cumsum(np.minimum(lengths, _LONGEST_TO_LEARN_FROM))))
    first = ends.searchsorted(starts - _AROUND, side="right")
    last = starts.searchsorted(ends + _AROUND, side="left")
    others = last - first - 1
    silent = learnt[last] - learnt[first] - np.minimum(lengths, _LONGEST_TO_LEARN_FROM)
    # One imagined silence of two candles keeps a market without any other one from dividing by nothing.
    goes_on = 1 - (others + 1) / (silent + 2)
    chance = (lengths - 1) * np.log(np.maximum(goes_on, 1e-300))
    return Silences(starts, ends, (chance >= _CHANCE) & (others >= _FEWEST))
