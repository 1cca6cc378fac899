"""From Yahoo's prices, adjusted for every split up to the day of asking, back to the ones that were traded.

Yahoo tells no raw series, but its own splits: `{"events": {"splits": {"...": {"date", "numerator", "denominator"}}}}`. A price before a
split is multiplied by its ratio, a volume divided, always by splits of the same answer or a later one. Prices are kept there
as float32 of six decimals, so a restored one is given as many digits as it can still vouch for.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.providers.arrays import Numbers
from trend_platform.providers.stamped import FAR_SECONDS
from trend_platform.providers.yahoo.classing import NAME

Days = NDArray[np.datetime64]

_KEPT_DECIMALS_ERROR = 5e-7
_FLOAT32_ERROR = 2.0**-24
_TENS = np.array([10.0**power for power in range(10)])


def read_splits(chart: Mapping[str, object], instrument_id: int, zone: ZoneInfo) -> pl.DataFrame:
    """Return the split frame of a chart, sorted by day; entries that make no sense are left out.

    Args:
        chart: One result of an answer.
        instrument_id: Whose chart it is.
        zone: The exchange's zone: a split is stamped with the opening of its first session.
    """
    events = chart.get("events")
    told = events.get("splits") if isinstance(events, Mapping) else None
    entries = told.values() if isinstance(told, Mapping) else ()
    found = dict(split for entry in entries if (split := _split(entry, zone)) is not None)
    rows = [(instrument_id, day, found[day], NAME) for day in sorted(found)]
    return pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row")


def factors_of(days: Days, splits: pl.DataFrame) -> Numbers:
    """Return for each day the product of the ratios of all splits after it.

    Args:
        days: Dates in the exchange's zone.
        splits: Split frame of one instrument, sorted by day.
    """
    later = np.append(np.cumprod(splits["ratio"].to_numpy()[::-1])[::-1], 1.0)
    factors: Numbers = later[splits["ex_date"].to_numpy().searchsorted(days, side="right")]
    return factors


def restored_prices(adjusted: Numbers, factors: Numbers, most_decimals: int) -> Numbers:
    """Return the traded prices, without the noise of float32; what is not a number stays so.

    Args:
        adjusted: As Yahoo tells them: one column, or several above each other.
        factors: As `factors_of` returns them.
        most_decimals: Decimals that prices of this instrument have at most.
    """
    raw = adjusted * factors
    error = np.maximum(factors * _KEPT_DECIMALS_ERROR, np.abs(raw) * _FLOAT32_ERROR)
    vouched = np.floor(-np.log10(np.where(np.isfinite(error), 2 * error, 1.0)))
    scale = _TENS[np.clip(vouched, 0, most_decimals).astype(np.int64)]
    restored: Numbers = np.rint(raw * scale) / scale
    return restored


def restored_volumes(adjusted: Numbers, factors: Numbers) -> Numbers:
    """Return the traded volumes, in whole shares."""
    restored: Numbers = np.rint(adjusted / factors)
    return restored


def _split(entry: object, zone: ZoneInfo) -> tuple[date, float] | None:
    if not isinstance(entry, Mapping):
        return None
    told = [entry.get(name) for name in ("date", "numerator", "denominator")]
    numbers = [float(value) for value in told if isinstance(value, (int, float))]
    if len(numbers) < len(told) or abs(numbers[0]) >= FAR_SECONDS or numbers[1] <= 0 or numbers[2] <= 0:
        return None
    at, new, old = numbers
    return datetime.fromtimestamp(at, UTC).astimezone(zone).date(), new / old
