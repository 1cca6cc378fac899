"""Candles that come as arrays of numbers, `[[time, open, ...], ...]`, the way exchanges send them: from rows to columns at once.

Numbers may be written as text. A row that is no array, or too short, costs nothing but itself. Which place of an array holds
what is each provider's own, and so are the units of its time; no value is judged here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log10
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.calendars import DAY_US, Instants, TradingCalendar, to_us
from trend_platform.domain.candles import INSTANT, Basis
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.paging import Walk
from trend_platform.providers.stamped import FAR_SECONDS, Origin, Stamped, stamped

SECOND_US: Final = 1_000_000
MILLISECOND_US: Final = 1_000
# Candles that all begin on marks of a longer length are taken for that length where chance would do so once in 10^7.
_CHANCE = 7.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a provider sends its candles.

    Attributes:
        provider: Its name.
        places: The columns of a candle in the order of an array's places after the time, which is the first. Besides those
            of a candle frame: `turnover`, price times volume, and `ended`, the last unit of time inside the candle.
        unit_us: Microseconds in one unit of the time.
        lengths: The lengths it serves.
        settles_after: How long after its close a candle may still change.
    """

    provider: str
    places: tuple[str, ...]
    unit_us: int
    lengths: frozenset[Timeframe]
    settles_after: timedelta


def parse_arrays(
    document: object, layout: Layout, instrument: Instrument, timeframe: Timeframe, now: datetime
) -> Stamped:
    """Read the raw candles of one instrument, in whichever order they come; days are UTC days.

    A number that is none, or not finite, is null, and so is the mean price of a candle without volume. A row without a
    plausible time is set aside.

    Args:
        document: The rows as JSON gives them.
        layout: What they hold.
        instrument: Whose candles were asked.
        timeframe: The length that was asked.
        now: The present instant.

    Raises:
        Malformed: The document is no list of such arrays, not even in part.
        GranularityMismatch: The candles do not begin where those of the asked length do, or are of another length.
    """
    if not isinstance(document, list):
        raise Malformed(layout.provider, "the answer holds no candles: expected a list of arrays of numbers")
    columns = _columns(document, layout)
    untimed = columns["opened_at"].null_count()
    if untimed and untimed == len(document):
        raise Malformed(
            layout.provider,
            f"the answer holds no candles: none of its {untimed} rows is an array that begins with a time",
        )
    _check_lengths(columns, layout, instrument, timeframe)
    origin = Origin(layout.provider, instrument, timeframe, Basis.RAW, layout.settles_after, now)
    return stamped(columns, origin, document)


def numbers_of(values: Sequence[object]) -> Numbers:
    """Return values of JSON as numbers, written as text or not; what is none, or not finite, is not a number."""
    try:
        numbers = _texts(values) if values and isinstance(values[0], str) else np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        numbers = np.empty(0)
    if numbers.shape != (len(values),):
        numbers = np.array([_number(value) for value in values], dtype=np.float64)
    return numbers if np.isfinite(numbers).all() else np.where(np.isfinite(numbers), numbers, np.nan)


def without_trades(walk: Walk, calendar: TradingCalendar, timeframe: Timeframe, now: datetime) -> str:
    """Return a walk's evidence with the number of candles that are absent, for providers that leave out those without trades.

    Args:
        walk: What came.
        calendar: The instrument's.
        timeframe: Length of the candles.
        now: The present instant; a candle that begins later is not absent.
    """
    told = Interval(walk.answered.start, max(walk.answered.start, min(walk.answered.end, now)))
    expected = calendar.candle_opens(timeframe, told)
    stamps = walk.candles["opened_at"].unique().cast(pl.Int64).to_numpy()
    absent = len(expected) - int(np.isin(expected, stamps, assume_unique=True).sum())
    if not absent:
        return walk.evidence
    return f"{walk.evidence}; {absent:,} of {len(expected):,} candles are absent: it leaves out those without trades"


def next_stamp(interval: Interval, timeframe: Timeframe) -> int:
    """Return the first stamp of a UTC candle that is not before `interval`, in microseconds."""
    length = _length_us(timeframe)
    return -(-to_us(interval.start) // length) * length


def _length_us(timeframe: Timeframe) -> int:
    return DAY_US if timeframe is Timeframe.D1 else round(timeframe.step.total_seconds()) * SECOND_US


def _columns(rows: Sequence[object], layout: Layout) -> pl.DataFrame:
    values = _turned(rows, 1 + len(layout.places))
    told = dict(zip(layout.places, values[1:], strict=True))
    # Not a number where it is no time; all comparisons with that are false.
    is_time = (values[0] > 0) & (values[0] < FAR_SECONDS * SECOND_US // layout.unit_us)
    opened = pl.Series("opened_at", np.where(is_time, values[0] * layout.unit_us, np.nan), nan_to_null=True)
    columns = [pl.Series(name, numbers, nan_to_null=True) for name, numbers in {**told, **_mean_price(told)}.items()]
    return pl.DataFrame(
        [
            opened.cast(pl.Int64).cast(INSTANT),
            *(each.cast(pl.Int64, strict=False) if each.name == "trade_count" else each for each in columns),
        ]
    )


def _mean_price(told: Mapping[str, Numbers]) -> dict[str, Numbers]:
    if "turnover" in told:
        # Not a number where nothing was traded.
        volume = np.where(told["volume"] > 0, told["volume"], np.nan)
        return {"vwap": told["turnover"] / volume}
    return {"vwap": np.where(told["volume"] > 0, told["vwap"], np.nan)} if "vwap" in told else {}


def _check_lengths(columns: pl.DataFrame, layout: Layout, instrument: Instrument, timeframe: Timeframe) -> None:
    timed = columns.drop_nulls("opened_at") if columns["opened_at"].null_count() else columns
    opened, asked = timed["opened_at"].cast(pl.Int64).to_numpy(), _length_us(timeframe)
    # All stamps are on marks of a length if it divides what divides all of them.
    mark = int(np.gcd.reduce(opened))
    if mark % asked:
        raise GranularityMismatch(
            layout.provider,
            f"candles of {instrument.symbol} do not begin where {timeframe} ones do: "
            "the provider answered another length than was asked",
        )
    if "ended" in layout.places:
        _check_ends(opened, timed["ended"].to_numpy(), layout, instrument, timeframe)
        return
    for longer in layout.lengths:
        length = _length_us(longer)
        is_telling = length > asked and len(opened) * log10(length / asked) > _CHANCE
        if is_telling and not mark % length:
            raise GranularityMismatch(
                layout.provider,
                f"{timeframe} candles of {instrument.symbol} were asked and all {len(opened)} rows begin where {longer} ones do",
            )


def _check_ends(opened: Instants, ended: Numbers, layout: Layout, instrument: Instrument, timeframe: Timeframe) -> None:
    # Single candles around an outage end early; a whole answer of another length is another timeframe's.
    lengths = (ended + 1) * layout.unit_us - opened
    if not (lengths == _length_us(timeframe)).any() and np.isfinite(lengths).any():
        length = timedelta(microseconds=float(lengths[np.isfinite(lengths)][0]))
        raise GranularityMismatch(
            layout.provider, f"candles of {instrument.symbol} are {length} long where {timeframe} ones were asked"
        )


def _turned(rows: Sequence[object], width: int) -> list[Numbers]:
    # One odd row or value must not cost the others.
    whole = [row if isinstance(row, list) and len(row) >= width else (None,) * width for row in rows]
    columns = list(zip(*whole, strict=False)) or [()] * width
    return [numbers_of(column) for column in columns[:width]]


def _texts(values: Sequence[object]) -> Numbers:
    numbers: Numbers = pl.Series(values, dtype=pl.String()).cast(pl.Float64(), strict=False).to_numpy()
    return numbers


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, (int, float, str)) else np.nan
    except (ValueError, OverflowError):
        return np.nan
