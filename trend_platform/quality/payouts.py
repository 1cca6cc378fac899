"""What prices say about the dividends of one share: how far they fell, and how far they would have had to.

The witness is the move from the close before to the open and to the close of the ex-date, each against how the share usually
moves; the one that speaks less clearly counts. Pure arrays; what follows from it is decided in `dividends`.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.quality.window import Flags, Floats, Rows

LEAST_MOVES: Final = 20
"""With fewer candles nobody knows how a share usually moves."""

_LEAST_MOVE: Final = 0.002
_MOST_YIELD: Final = 0.95
_FREEDOM: Final = 4.0  # of Student's distribution: real moves have such tails


@dataclass(frozen=True, slots=True, eq=False)
class Payouts:
    """Dividends of one share beside its candles; an element per dividend.

    Attributes:
        days: The ex-dates, days since 1970, ascending.
        amounts: As they were told.
        shares: The part of the close before that the amount is, by which the price should fall; NaN where it cannot be told.
        at_open: The logarithm of the open of the ex-date over the close before.
        at_close: The same of its close.
        usual_open: How far the share usually moves overnight (robust standard deviation).
        usual_close: The same from close to close.
        is_told: Whether the candles say anything: there was trade, and enough is known of usual moves.
        candles: Position of the candle of each ex-date, -1 where there is none with another before it.
    """

    days: NDArray[np.int64]
    amounts: Floats
    shares: Floats
    at_open: Floats
    at_close: Floats
    usual_open: float
    usual_close: float
    is_told: Flags
    candles: Rows

    @classmethod
    def of(cls, days: NDArray[np.int64], amounts: Floats, paid: Floats, candles: pl.DataFrame) -> Self:
        """Lay dividends beside the daily candles of their share.

        Args:
            days: The ex-dates, days since 1970, ascending.
            amounts: As they were told.
            paid: The same on the share count of the candles.
            candles: Sound daily candles on one share count, sorted.
        """
        stamps = candles["opened_at"].dt.date().to_physical().to_numpy().astype(np.int64)
        opens, closes, volume = (candles[name].to_numpy() for name in ("open", "close", "volume"))
        at = np.searchsorted(stamps, days)
        is_there = (at > 0) & (at < len(stamps))
        is_there[is_there] = stamps[at[is_there]] - days[is_there] <= 7
        at = np.where(is_there, at, 1)
        moves_open, moves_close = np.log(opens[1:] / closes[:-1]), np.log(closes[1:] / closes[:-1])
        enough = len(moves_close) >= LEAST_MOVES
        return cls(
            days,
            amounts,
            np.where(is_there, paid / closes[at - 1], np.nan),
            np.where(is_there, moves_open[at - 1], np.nan),
            np.where(is_there, moves_close[at - 1], np.nan),
            _usual(moves_open),
            _usual(moves_close),
            is_there & enough & ~(volume[at] == 0),
            np.where(is_there, at, -1),
        )

    def evidence(self, times: float) -> Floats:
        """Return how much better the price fits `times` the amount than the amount: natural logarithms of odds, 0 for none."""
        shares = np.nan_to_num(self.shares, nan=0.0)
        fall, other = (-np.log1p(-np.clip(each, 0.0, _MOST_YIELD)) for each in (shares, shares * times))
        both = [
            _likelihood((move + other) / usual) - _likelihood((move + fall) / usual)
            for move, usual in ((self.at_open, self.usual_open), (self.at_close, self.usual_close))
        ]
        weaker = np.where(np.abs(both[0]) < np.abs(both[1]), both[0], both[1])
        agreed: Floats = np.where(self.is_told & (both[0] * both[1] > 0), weaker, 0.0)
        return agreed


def _usual(moves: Floats) -> float:
    return max(1.4826 * float(np.median(np.abs(moves - np.median(moves)))), _LEAST_MOVE)


def _likelihood(deviation: Floats) -> Floats:
    logarithm: Floats = -(_FREEDOM + 1) / 2 * np.log1p(deviation**2 / _FREEDOM)
    return logarithm
