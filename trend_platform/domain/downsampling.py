"""Fewer candles for a chart that looks the same: a choice of real candles by a library, never an average of several.

Pure. Both ways take the first and the last candle, and look at closes; what is between the chosen candles is left out.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.errors import UsageError

FEWEST = 3
"""So few points say something about a shape: both ends and what lies between them."""


class Method(StrEnum):
    """How candles are chosen; Steinarsson's Largest-Triangle-Three-Buckets, alone or on preselected extremes (Van Der Donckt)."""

    LTTB = "lttb"
    MINMAX_LTTB = "minmaxlttb"


class _Sampler(Protocol):
    def downsample(self, x: NDArray[Any], y: NDArray[Any], /, *, n_out: int) -> NDArray[np.unsignedinteger[Any]]: ...


def downsampled(candles: pl.DataFrame, points: int, method: Method = Method.MINMAX_LTTB) -> pl.DataFrame:
    """Return `points` of the candles of one series, in order; all of them where there are no more.

    Args:
        candles: Candle frame of one series, sorted by stamp; closes without null.
        points: How many, at least `FEWEST`.
        method: How they are chosen. `minmaxlttb` is the faster one for long series, and keeps extremes.

    Raises:
        UsageError: Fewer points than say anything.
    """
    if points < FEWEST:
        raise UsageError(f"{points} points make no chart: ask for at least {FEWEST}")
    if candles.height <= points:
        return candles
    import tsdownsample as library  # noqa: PLC0415  only who draws pays for it

    # Its constructors carry no annotations.
    make: Callable[[], _Sampler] = library.LTTBDownsampler if method is Method.LTTB else library.MinMaxLTTBDownsampler
    stamps = candles["opened_at"].to_physical().to_numpy()
    chosen = make().downsample(stamps, candles["close"].to_numpy(), n_out=points)
    return candles.select(pl.all().gather(pl.Series(chosen).cast(pl.Int64)))
