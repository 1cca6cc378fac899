"""Rolling candles up: all coarser candles of one series from its finer ones, by the calendar, in one pass over columns.

Each timeframe is made from the next finer one. A candle says how many source candles are in it and how many the calendar
expects; it is complete when its period is over and all of them are there or known to have had no trade. Candles on different
bases never become one. A week or month in which a split falls is stated on the share count of its own stamp.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.actions import empty_splits, split_factors
from trend_platform.domain.calendars import Instants, TradingCalendar, to_us
from trend_platform.domain.candles import CANDLE_SCHEMA, INSTANT, PRICES, Basis
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup_layout import expected_in, lay_out, layout_of
from trend_platform.domain.rollup_parts import MIXED, Counts, Parts, Values, parts_of
from trend_platform.domain.timeframes import Timeframe

ROLLED_SCHEMA: Final = pl.Schema(
    {
        **CANDLE_SCHEMA,
        "source": pl.String(),
        "parts": pl.Int32(),
        "expected": pl.Int32(),
        "is_complete": pl.Boolean(),
    }
)
"""A candle that was rolled up: `source` is the timeframe of its parts, `parts` how many it has and `expected` how many the
calendar expects. `is_final` says that its period is over, `is_complete` that nothing is missing in it either."""

_ORDER: Final = tuple(Timeframe)
_PERIODS: Final = frozenset({Timeframe.W1, Timeframe.MO1})


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What must be known of a series to roll it up.

    Attributes:
        calendar: Its calendar.
        now: The time, by which a period is over or not.
        lifetime: When the instrument was listed; nothing is expected outside of it.
        absent: Stamps of source candles that are missing because nothing traded, ascending, in microseconds.
        splits: A split frame of the instrument.
    """

    calendar: TradingCalendar
    now: datetime
    lifetime: Interval
    absent: Instants = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    splits: pl.DataFrame = field(default_factory=empty_splits)


@dataclass(frozen=True, slots=True)
class Rolled:
    """The candles of one timeframe.

    Attributes:
        candles: A rolled frame (`ROLLED_SCHEMA`), ascending.
        refused: Stamps of candles that were not made, because their parts stand on different bases.
    """

    candles: pl.DataFrame
    refused: pl.Series


def coarser(source: Timeframe) -> tuple[Timeframe, ...]:
    """Return the timeframes that can be rolled up from `source`, finest first."""
    if source in _PERIODS:
        return ()
    return _ORDER[_ORDER.index(source) + 1 :]


def empty_rolled() -> pl.DataFrame:
    """Return a rolled frame without rows."""
    return pl.DataFrame(schema=ROLLED_SCHEMA)


def roll_up(candles: pl.DataFrame, targets: Sequence[Timeframe], setting: Setting) -> Mapping[Timeframe, Rolled]:
    """Return the candles of each of `targets`.

    Args:
        candles: A candle frame of one series, sorted; what is stamped outside of sessions is left out. A rolled frame of
            one source is taken further: its counts are added up.
        targets: Timeframes coarser than that of `candles`.
        setting: What is known of the series.

    Raises:
        ValueError: A target is not coarser than the candles.
    """
    nothing = Rolled(empty_rolled(), pl.Series(dtype=INSTANT))
    if candles.is_empty():
        return dict.fromkeys(targets, nothing)
    finest = Timeframe(candles["timeframe"][0])
    source = Timeframe(candles["source"][0]) if "source" in candles.columns else finest
    if strangers := set(targets) - set(coarser(finest)):
        raise ValueError(f"{sorted(strangers)} cannot be rolled up from {finest}: name coarser timeframes")
    one = candles["instrument_id"][0]
    made: dict[Timeframe, Rolled] = {}
    steps = {finest: parts_of(candles)}
    for target in (length for length in _ORDER if length in _needed(finest, targets)):
        below = max((length for length in steps if _feeds(length, target)), key=_ORDER.index)
        steps[target] = _step(steps[below], below, target, setting, one)
        if target in targets:
            frame = _frame(steps[target], source, target, setting)
            frame = frame.with_columns(pl.lit(one, pl.Int32).alias("instrument_id")).select(ROLLED_SCHEMA.names())
            is_mixed = frame["basis"] == MIXED
            made[target] = Rolled(frame.filter(~is_mixed), frame.filter(is_mixed)["opened_at"])
    return made


def _needed(finest: Timeframe, targets: Sequence[Timeframe]) -> set[Timeframe]:
    # Weeks and months are made of days.
    has_periods = bool(_PERIODS & set(targets))
    return {*targets, Timeframe.D1} if has_periods and finest.is_intraday else set(targets)


def _feeds(below: Timeframe, target: Timeframe) -> bool:
    return below is not Timeframe.W1 and _ORDER.index(below) < _ORDER.index(target)


def _step(parts: Parts, below: Timeframe, target: Timeframe, setting: Setting, one: int) -> Parts:
    if not len(parts.stamps):
        return parts
    layout = lay_out(setting.calendar, below, target, parts.stamps[0], parts.stamps[-1])
    made = parts.into(layout)
    # Raw parts of one session stand on one share count; adjusted ones do not if they were fetched on both sides of a split.
    is_adjusted = Basis.SPLIT.value in parts.basis.known and parts.basis.codes is None
    if setting.splits.height and (target in _PERIODS or is_adjusted):
        begins = layout.begins[layout.stamps.searchsorted(made.stamps)]
        home = np.maximum(begins.searchsorted(parts.stamps, side="right") - 1, 0)
        made = parts.scaled(_on_one_count(parts, made, home, setting.splits, one)).into(layout)
    return made


def _on_one_count(parts: Parts, made: Parts, home: Counts, splits: pl.DataFrame, one: int) -> Values:
    # By what prices of each part must be multiplied to stand on the share count of the candle it belongs to.
    factors: Values = _factors(made, splits, one)[home] / _factors(parts, splits, one)
    return factors


def _factors(parts: Parts, splits: pl.DataFrame, one: int) -> Values:
    height = len(parts.stamps)
    frame = pl.DataFrame(
        {
            "instrument_id": pl.repeat(one, height, dtype=pl.Int32, eager=True),
            "opened_at": _instants(parts.stamps),
            "basis": parts.basis.series(height).replace(MIXED, Basis.RAW.value),
            "fetched_at": _instants(parts.fetched_at),
        }
    )
    return split_factors(frame, splits)


def _frame(parts: Parts, source: Timeframe, target: Timeframe, setting: Setting) -> pl.DataFrame:
    height = len(parts.stamps)
    if not height:
        return empty_rolled()
    expected, absent = _counts(parts.stamps, source, target, setting)
    is_over = setting.calendar.candle_closes(target, parts.stamps) <= to_us(setting.now)
    count = np.ones(height, dtype=np.int64) if parts.counts is None else parts.counts
    volume, turnover, trades = parts.sums
    columns = {
        "opened_at": _instants(parts.stamps),
        **dict(zip(PRICES, map(pl.Series, parts.prices), strict=True)),
        "volume": _known(volume, height),
        "vwap": _known(_average(turnover, volume), height),
        "trade_count": _known(trades, height).cast(pl.Int64),
        "provider": parts.provider.series(height),
        "basis": parts.basis.series(height),
        "is_final": pl.Series(is_over),
        "fetched_at": _instants(parts.fetched_at),
        "parts": pl.Series(count).cast(pl.Int32),
        "expected": pl.Series(expected).cast(pl.Int32),
        "is_complete": pl.Series(is_over & (count + absent >= expected) & _settled(parts)),
    }
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.lit(target.value).alias("timeframe"), pl.lit(source.value).alias("source"))


def _counts(stamps: Instants, source: Timeframe, target: Timeframe, setting: Setting) -> tuple[Counts, Counts]:
    # How many source candles each of these candles should have, and how many are missing because nothing traded.
    layout = layout_of(setting.calendar, source, target, stamps)
    absent = setting.absent.searchsorted(layout.ends) - setting.absent.searchsorted(layout.begins)
    return expected_in(setting.calendar, source, layout, setting.lifetime), absent


def _settled(parts: Parts) -> NDArray[np.bool_]:
    return np.ones(len(parts.stamps), dtype=np.bool_) if parts.is_settled is None else parts.is_settled


def _instants(stamps: Instants) -> pl.Series:
    return pl.Series(stamps).cast(INSTANT)


def _average(turnover: Values | None, volume: Values | None) -> Values | None:
    if turnover is None or volume is None:
        return None
    average: Values = np.divide(turnover, volume, out=np.full(len(volume), np.nan), where=volume > 0)
    return average


def _known(values: Values | None, height: int) -> pl.Series:
    if values is None:
        return pl.repeat(None, height, dtype=pl.Float64, eager=True)
    return pl.Series(values, nan_to_null=True)
