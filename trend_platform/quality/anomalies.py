"""Anomalies: candles that are unlike the ones before them, by robust statistics of each series of its own.

Nothing is set aside for being unlike; a surprise lowers the score of its day and is shown. Median and median absolute
deviation over the candles before, so that neither a surprise nor a few of them move the yardstick.
"""

from typing import Final

import polars as pl

SURPRISES: Final = ("return_surprise", "volume_surprise", "range_surprise")
"""What is looked at: the change of the close, the volume, and high over low, each as a logarithm."""

SURPRISING: Final = 8.0
"""So many robust deviations are an anomaly: real returns pass five of them in one day of a hundred."""

WINDOW: Final = 120
"""So many candles before a candle are its yardstick; a sixth of them is the least, for the median and again for its spread."""

_MAD: Final = 1.4826  # makes a median absolute deviation a standard deviation, were moves normal
_LEAST: Final = {"return_surprise": 1e-3, "volume_surprise": 0.1, "range_surprise": 0.1}
_SERIES: Final = ("instrument_id", "timeframe")


def with_surprises(candles: pl.DataFrame) -> pl.DataFrame:
    """Return the candles with how surprising each is, in robust standard deviations; null where too little is known.

    Args:
        candles: A sorted candle frame on one share count, of one or several series.
    """
    is_sound = (pl.col("low") > 0) & (pl.col("close") > 0)
    seen = candles.with_columns(
        pl.when(is_sound).then(pl.col("close")).log().diff().over(_SERIES).alias("return_surprise"),
        pl.when(pl.col("volume") > 0).then(pl.col("volume")).log().alias("volume_surprise"),
        pl.when(is_sound & (pl.col("high") > pl.col("low")))
        .then((pl.col("high") / pl.col("low")).log())
        .log()
        .alias("range_surprise"),
    )
    for name in SURPRISES:
        seen = seen.with_columns(_usual(pl.col(name)).over(_SERIES).alias("usual"))
        apart = (pl.col(name) - pl.col("usual")).abs()
        spread = (_usual(apart).over(_SERIES) * _MAD).clip(lower_bound=_LEAST[name])
        seen = seen.with_columns((apart / spread).alias(name))
    return seen.drop("usual")


def _usual(value: pl.Expr) -> pl.Expr:
    return value.shift(1).rolling_median(WINDOW, min_samples=WINDOW // 6)
