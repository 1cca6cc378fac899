"""Binance's klines: `[[ms, "open", "high", "low", "close", "volume", ms, "turnover", trades, ...], ...]`, twelve places a row.

The first stamp is the candle's open, the second its last millisecond; days and weeks are UTC's. Volume is the base coin's, and
turnover by volume is the mean price.
"""

from datetime import datetime, timedelta

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.arrays import MILLISECOND_US, Layout, parse_arrays
from trend_platform.providers.binance.classing import NAME
from trend_platform.providers.stamped import Stamped

# Candles change until they close and not after; clocks differ by a little.
SETTLES = timedelta(seconds=5)
LENGTHS = frozenset(timeframe for timeframe in Timeframe if timeframe.is_intraday or timeframe is Timeframe.D1)
_PLACES = ("open", "high", "low", "close", "volume", "ended", "turnover", "trade_count")
LAYOUT = Layout(NAME, _PLACES, MILLISECOND_US, LENGTHS, SETTLES)


def parse_candles(document: object, instrument: Instrument, timeframe: Timeframe, now: datetime) -> Stamped:
    """Read the candles of one pair.

    Raises:
        Malformed: The document holds no klines.
        GranularityMismatch: They are not as long as was asked.
    """
    return parse_arrays(document, LAYOUT, instrument, timeframe, now)
