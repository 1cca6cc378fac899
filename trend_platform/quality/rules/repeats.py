"""Rules about candles that say the same again: a flat price with volume, and a series that stands still.

Both look at final candles only: a forming one is allowed to have seen one trade.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from trend_platform.domain.calendars import from_us
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.quality.rules.base import Finding, Rule, Severity, Strike, strike
from trend_platform.quality.stretches import SHORTEST_SERIES
from trend_platform.quality.verdict import Surroundings
from trend_platform.quality.window import Flags, Floats, Window

STALE_RUN = Rule(
    id="stale_run",
    severity=Severity.REJECT,
    sentence="the same open {}, high {}, low {}, close {} and volume {} since {}, {} candles in a row: the feed stood still",
)
FLAT_WITH_VOLUME = Rule(
    id="flat_with_volume",
    severity=Severity.REJECT,
    sentence="the prices only repeat the {} of the candle before, yet the volume {} is {} times the usual {}",
)
REPEATS = (STALE_RUN, FLAT_WITH_VOLUME)

_STALE_REPEATS = 4
_PRICE_REPEATS = 2
_TINY_VOLUME = 0.2  # of the usual one: below it a day without a price change is a day with hardly any trade
_LEAST_RANGE = 2e-3  # of the price, in three candles of four: what moves less, such as a pegged coin, may stand still
_RARELY_FLAT = 0.05  # of the candles: what has more without a range is hardly traded, and may stand still
_AROUND = 31  # candles: what is usual is taken from the fifteen on either side
_TELLS_NO_VOLUME = frozenset({AssetClass.FOREX, AssetClass.INDEX})


def strike_repeats(window: Window, surroundings: Surroundings) -> list[Strike]:
    """Return the candles that only repeat the one before them; the first of a run is believed."""
    repeats = _Repeats.of(window)
    suspects = np.unique(window.series[repeats.is_stale | repeats.is_still])
    intraday = surroundings.timeframe.is_intraday
    found: list[Finding] = []
    for series in suspects.tolist():
        rows = slice(int(window.bounds[series]), int(window.bounds[series + 1]))
        instrument = surroundings.instruments[int(window.ids[rows.start])]
        found += _stale(window, repeats, rows, instrument, intraday=intraday)
        if not intraday:
            found += _still(window, repeats, rows)
    return [
        strike(int(window.rows[candle]), rule, *shown) for candle, rule, shown in found if not window.is_stored[candle]
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Repeats:
    # Per candle: hardly a range; alike in all with four or more in a row; prices that only repeat those before.
    is_narrow: Flags
    is_stale: Flags
    is_still: Flags

    @classmethod
    def of(cls, window: Window) -> "_Repeats":
        both_final = window.is_final[1:] & window.is_final[:-1] & window.follows
        same_close = both_final & _unchanged(window.close)
        same_prices = same_close & _unchanged(window.open) & _unchanged(window.high) & _unchanged(window.low)
        no_volume = np.isnan(window.volume)
        same_volume = _unchanged(window.volume) | (no_volume[1:] & no_volume[:-1])
        is_flat = (window.high == window.low) & (window.open == window.close)
        is_narrow = window.high - window.low <= _LEAST_RANGE * np.abs(window.high)
        is_still = is_flat[1:] & same_close | _in_runs(same_prices, _PRICE_REPEATS)
        return cls(is_narrow, _led(_in_runs(same_prices & same_volume, _STALE_REPEATS)), _led(is_still))


def _stale(
    window: Window, repeats: _Repeats, rows: slice, instrument: Instrument, *, intraday: bool
) -> Iterator[Finding]:
    volume, is_repeat = window.volume[rows], repeats.is_still[rows] | repeats.is_stale[rows]
    tells_volume = instrument.asset_class not in _TELLS_NO_VOLUME
    believable = (volume == 0) & tells_volume  # without a trade there is nothing new to say
    if intraday or not tells_volume:
        believable |= repeats.is_narrow[rows] & ~_usually_moves(window, rows, is_repeat)
    candles = rows.start + np.flatnonzero(repeats.is_stale[rows] & ~believable)
    for run in np.split(candles, np.flatnonzero(np.diff(candles) > 1) + 1):
        for candle in run.tolist():
            prices = [
                float(each[candle]) for each in (window.open, window.high, window.low, window.close, window.volume)
            ]
            yield candle, STALE_RUN, (*prices, from_us(window.stamps[run[0] - 1]), len(run) + 1)


def _still(window: Window, repeats: _Repeats, rows: slice) -> Iterator[Finding]:
    usual = pl.Series(window.volume[rows]).fill_nan(None).rolling_median(_AROUND, min_samples=1, center=True)
    usual_volume = usual.fill_null(0.0).to_numpy()
    volume = window.volume[rows]
    struck = repeats.is_still[rows] & (usual_volume > 0) & (volume >= _TINY_VOLUME * usual_volume)
    struck &= _usually_moves(window, rows, repeats.is_still[rows] & (volume != 0)) | ~repeats.is_narrow[rows]
    for candle in np.flatnonzero(struck).tolist():
        close, traded, median = float(window.close[rows][candle]), float(volume[candle]), float(usual_volume[candle])
        yield rows.start + candle, FLAT_WITH_VOLUME, (close, traded, traded / median, median)


def _usually_moves(window: Window, rows: slice, is_repeat: Flags) -> Flags:
    """Return where a candle with hardly a range is a surprise, by the candles around it that repeat nothing."""
    ranges = pl.Series((window.high[rows] - window.low[rows]) / window.high[rows])
    others = ranges.to_frame("range").select(pl.when(~pl.Series(is_repeat)).then("range"))["range"]
    enough = SHORTEST_SERIES - 1
    if others.count() < enough:
        return np.zeros(len(others), dtype=np.bool_)
    quarter = others.rolling_quantile(0.25, window_size=_AROUND, min_samples=enough, center=True)
    flat_share = (others == 0).cast(pl.Float64).rolling_mean(_AROUND, min_samples=enough, center=True)
    # In the middle of a long run there is nothing around but the run: then the whole series tells.
    quarter, flat_share = quarter.fill_null(others.quantile(0.25)), flat_share.fill_null((others == 0).mean())
    usual: Flags = ((quarter > _LEAST_RANGE) & (flat_share <= _RARELY_FLAT)).to_numpy()
    return usual


def _unchanged(values: Floats) -> Flags:
    same: Flags = values[1:] == values[:-1]
    return same


def _led(flags: Flags) -> Flags:
    return np.concatenate(([False], flags))


def _in_runs(flags: Flags, shortest: int) -> Flags:
    """Return the flags that stand in a run of at least `shortest` set ones."""
    if not flags.any():
        return flags
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    found = np.zeros(len(flags), dtype=np.bool_)
    for start, end in zip(starts[ends - starts >= shortest], ends[ends - starts >= shortest], strict=True):
        found[start:end] = True
    return found
