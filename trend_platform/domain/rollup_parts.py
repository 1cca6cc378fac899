"""Candles of one series as NumPy columns, and the step from finer to coarser ones. Which go where is `rollup_layout`'s.

Open is the first one's, close the last one's, high and low the extremes; volume, turnover and trades are sums, and unknown
(NaN) where one of the parts does not know. Taking two steps gives what one gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.calendars import Instants
from trend_platform.domain.rollup_layout import Layout

Values = NDArray[np.float64]
Counts = NDArray[np.int64]

MIXED = "mixed"
"""Stands for several providers, or several bases, in one candle."""

_MIXED_CODE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of few different words.

    Attributes:
        known: The words.
        codes: The place in `known` of each row's word, -1 for several; `None` where all rows have the first.
    """

    known: tuple[str, ...]
    codes: Counts | None

    @classmethod
    def of(cls, series: pl.Series) -> Words:
        """Return a column of words."""
        known = tuple(series.unique(maintain_order=True).to_list())
        if len(known) == 1:
            return cls(known, None)
        return cls(known, series.replace_strict(known, range(len(known)), return_dtype=pl.Int64).to_numpy())

    def joined(self, starts: Counts) -> Words:
        """Return the word of each group of rows."""
        if self.codes is None:
            return self
        low, high = np.minimum.reduceat(self.codes, starts), np.maximum.reduceat(self.codes, starts)
        return Words(self.known, np.where(low == high, low, _MIXED_CODE))

    def taken(self, rows: Counts) -> Words:
        """Return the words of some rows."""
        return self if self.codes is None else Words(self.known, self.codes[rows])

    def series(self, height: int) -> pl.Series:
        """Return the column; `height` is its length."""
        if self.codes is None:
            return pl.repeat(self.known[0], height, dtype=pl.String, eager=True)
        return pl.Series([MIXED, *self.known]).gather(pl.Series(self.codes + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Candles of one series, ascending.

    Attributes:
        stamps: Their stamps in microseconds.
        prices: Open, high, low and close.
        sums: Volume, turnover (volume-weighted average price times volume) and trades; `None` where no row knows.
        counts: Source candles in each; `None` where each is one itself.
        is_settled: Whether all of them are final; `None` where all are.
        provider: Who sent them.
        basis: What their prices mean.
        fetched_at: When the youngest part was fetched, in microseconds.
    """

    stamps: Instants
    prices: tuple[Values, Values, Values, Values]
    sums: tuple[Values | None, Values | None, Values | None]
    counts: Counts | None
    is_settled: NDArray[np.bool_] | None
    provider: Words
    basis: Words
    fetched_at: Instants

    def into(self, layout: Layout) -> Parts:
        """Return the coarser candles that have parts; what lies in none of them is left out."""
        low, high = _edges(self.stamps, layout)
        counts = high - low
        places = np.flatnonzero(counts > 0)
        sizes = counts[places]
        starts = np.cumsum(sizes) - sizes
        mine = self
        if int(sizes.sum()) != len(self.stamps):
            mine = self.taken(np.repeat(low[places] - starts, sizes) + np.arange(int(sizes.sum())))
        if not len(places):
            return mine
        return _joined(mine, layout.stamps[places], starts, sizes)

    def taken(self, rows: Counts) -> Parts:
        """Return some of the candles."""
        return Parts(
            self.stamps[rows],
            _four([values[rows] for values in self.prices]),
            _three([None if values is None else values[rows] for values in self.sums]),
            None if self.counts is None else self.counts[rows],
            None if self.is_settled is None else self.is_settled[rows],
            self.provider.taken(rows),
            self.basis.taken(rows),
            self.fetched_at[rows],
        )

    def scaled(self, factors: Values) -> Parts:
        """Return the candles with prices multiplied and volumes divided, each by its factor."""
        volume, turnover, trades = self.sums
        return replace(
            self,
            prices=_four([values * factors for values in self.prices]),
            sums=(None if volume is None else volume / factors, turnover, trades),
        )


def parts_of(candles: pl.DataFrame) -> Parts:
    """Return a candle frame of one series, sorted by stamp, as parts; one that was rolled up brings its own counts."""
    volume = _values(candles["volume"])
    is_rolled = "parts" in candles.columns
    settled = candles["is_complete" if is_rolled else "is_final"]
    return Parts(
        candles["opened_at"].to_physical().to_numpy(),
        _four([candles[name].to_numpy() for name in ("open", "high", "low", "close")]),
        (volume, _turnover(volume, _values(candles["vwap"])), _values(candles["trade_count"])),
        candles["parts"].cast(pl.Int64).to_numpy() if is_rolled else None,
        None if settled.all() else settled.to_numpy(),
        Words.of(candles["provider"]),
        Words.of(candles["basis"]),
        candles["fetched_at"].to_physical().to_numpy(),
    )


def _joined(parts: Parts, stamps: Instants, starts: Counts, sizes: Counts) -> Parts:
    open_, high, low, close = parts.prices
    return Parts(
        stamps,
        (
            open_[starts],
            np.maximum.reduceat(high, starts),
            np.minimum.reduceat(low, starts),
            close[starts + sizes - 1],
        ),
        _three([None if values is None else np.add.reduceat(values, starts) for values in parts.sums]),
        sizes if parts.counts is None else np.add.reduceat(parts.counts, starts),
        None if parts.is_settled is None else np.logical_and.reduceat(parts.is_settled, starts),
        parts.provider.joined(starts),
        parts.basis.joined(starts),
        np.maximum.reduceat(parts.fetched_at, starts),
    )


def _edges(stamps: Instants, layout: Layout) -> tuple[Counts, Counts]:
    if np.array_equal(layout.begins[1:], layout.ends[:-1]):
        both = stamps.searchsorted(np.append(layout.begins, layout.ends[-1:]))
        return both[:-1], both[1:]
    return stamps.searchsorted(layout.begins), stamps.searchsorted(layout.ends)


def _values(series: pl.Series) -> Values | None:
    if series.null_count() == len(series):
        return None
    return series.cast(pl.Float64).to_numpy()


def _turnover(volume: Values | None, vwap: Values | None) -> Values | None:
    # What did not trade has no average price, and needs none.
    if volume is None or vwap is None:
        return None
    return np.where(volume == 0, 0.0, volume * vwap)


def _four(values: list[Values]) -> tuple[Values, Values, Values, Values]:
    open_, high, low, close = values
    return open_, high, low, close


def _three(values: list[Values | None]) -> tuple[Values | None, Values | None, Values | None]:
    volume, turnover, trades = values
    return volume, turnover, trades
