"""One series taken apart into stretches of one price level, and which of them are believed.

Stored candles are trusted. Without any, the beginning is: a later change has to explain itself. Which rule a stretch that
is not believed falls under, and what the bounds are, is not decided here.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trend_platform.quality.window import Flags, Floats, Rows

SHORTEST_SERIES = 5
"""Fewer candles without stored ones beside them say nothing about each other."""
UNIT_SHIFT = (float(np.log(90.0)), float(np.log(110.0)))
"""Between these natural logarithms a change of level is a change of unit."""
AROUND = 10
"""So many candles on a side make up what is around a stretch."""

_DAY_US = 86_400_000_000
_PATIENCE_DAYS, _WIDENS_EVERY_DAYS = 60, 90


@dataclass(frozen=True, slots=True)
class Stretch:
    """Candles `[start, end)` of a series that follow each other without a jump.

    Attributes:
        start: First candle.
        end: The candle after the last one.
        is_trusted: Whether a stored candle is among them.
    """

    start: int
    end: int
    is_trusted: bool

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True, eq=False)
class SeriesLevels:
    """The prices of one series on a logarithmic scale.

    Attributes:
        raw: Natural logarithms of the closes as they came.
        adjusted: The same after the known splits.
        stamps: `opened_at` in microseconds, ascending.
        is_stored: Whether the candle is stored already.
        factor: By which factor the price may change between two candles.
    """

    raw: Floats
    adjusted: Floats
    stamps: Rows
    is_stored: Flags
    factor: float

    def stretches(self) -> list[Stretch]:
        """Return the series cut at every change beyond the factor that no known split explains."""
        apart = np.minimum(np.abs(np.diff(self.raw)), np.abs(np.diff(self.adjusted)))
        cuts = np.flatnonzero(apart > self._believed(np.diff(self.stamps))) + 1
        edges = [0, *cuts.tolist(), len(self.raw)]
        return [Stretch(one, other, bool(self.is_stored[one:other].any())) for one, other in pairwise(edges)]

    def believed(self, stretches: list[Stretch]) -> Flags:
        """Return which stretches are trusted or continue one that is believed."""
        kept = np.array([stretch.is_trusted for stretch in stretches])
        anchor = int(np.argmax(kept)) if kept.any() else self._anchor(stretches)
        kept[anchor] = True
        self._spread_forward(stretches, anchor, kept)
        self._spread_backward(stretches, kept)
        return kept

    def shift(self, stretch: Stretch, around: Rows) -> float:
        """Return how far the level of a stretch is from that of other candles, splits excused."""
        inside = slice(stretch.start, stretch.end)
        return float(min(abs(np.median(each[inside]) - np.median(each[around])) for each in (self.raw, self.adjusted)))

    def _spread_forward(self, stretches: list[Stretch], anchor: int, kept: Flags) -> None:
        last = stretches[anchor]
        for number, stretch in enumerate(stretches[anchor + 1 :], anchor + 1):
            kept[number] |= self._continues(last, stretch)
            last = stretch if kept[number] else last

    def _spread_backward(self, stretches: list[Stretch], kept: Flags) -> None:
        following: Stretch | None = None
        for number in range(len(stretches) - 1, -1, -1):
            if following is not None and not kept[number]:
                kept[number] = self._continues(stretches[number], following)
            following = stretches[number] if kept[number] else following

    def _continues(self, before: Stretch, after: Stretch) -> bool:
        last, first = before.end - 1, after.start
        apart = min(abs(self.raw[first] - self.raw[last]), abs(self.adjusted[first] - self.adjusted[last]))
        return bool(apart <= self._believed(self.stamps[first : first + 1] - self.stamps[last])[0])

    def _believed(self, elapsed_us: Rows) -> Floats:
        # A candle that follows months of silence may be anywhere; one that follows a weekend may not.
        silence = np.maximum(elapsed_us / _DAY_US - _PATIENCE_DAYS, 0.0)
        bound: Floats = np.log(self.factor) + np.log1p(silence / _WIDENS_EVERY_DAYS)
        return bound

    def _anchor(self, stretches: list[Stretch]) -> int:
        # A beginning that is a mere scrap, or a shorter run in another unit, does not outweigh the rest.
        longest = int(np.argmax([len(stretch) for stretch in stretches]))
        first, main = stretches[0], stretches[longest]
        if len(main) < 3 * len(first):
            return 0
        low, high = UNIT_SHIFT
        is_other_unit = low <= self.shift(first, np.arange(main.start, min(main.start + AROUND, main.end))) <= high
        return longest if len(first) < SHORTEST_SERIES or is_other_unit else 0
