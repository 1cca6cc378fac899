"""The made-up market that benchmarks share: five years of daily candles of 505 symbols, on real sessions."""

from datetime import date
from functools import cache

import numpy as np
import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe

AS_OF = date(2017, 12, 20)
FIRST = date(2012, 12, 21)
SYMBOLS = 505


def symbols() -> list[str]:
    """Return the symbols, in order."""
    return [f"B{number:03d}" for number in range(SYMBOLS)]


@cache
def daily_candles() -> pl.DataFrame:
    """Return `symbol`, `opened_at`, prices and `volume`: a quiet random walk for each symbol, sorted by symbol and day."""
    opens = get_calendar("XNYS").candle_opens(Timeframe.D1, days(FIRST, AS_OF))
    random = np.random.default_rng(1)
    shape = (SYMBOLS, len(opens))
    close = 50 * np.exp(np.cumsum(random.normal(0, 0.01, shape), axis=1))
    open_ = close * np.exp(random.normal(0, 0.004, shape))
    high, low = np.maximum(open_, close) * 1.003, np.minimum(open_, close) * 0.997
    stamps = pl.Series("opened_at", np.tile(opens, SYMBOLS)).cast(pl.Datetime("us", "UTC"))
    prices = {
        name: np.round(values, 2).ravel()
        for name, values in {"open": open_, "high": high, "low": low, "close": close}.items()
    }
    volume = np.round(random.lognormal(13, 0.5, shape)).ravel()
    return pl.DataFrame({"symbol": np.repeat(symbols(), len(opens)), "opened_at": stamps, **prices, "volume": volume})
