"""What has prices: instruments, their asset classes and the calendar each one trades on."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trend_platform.domain.intervals import Interval, midnight


class AssetClass(StrEnum):
    """The kind of an instrument."""

    STOCK = "stock"
    ETF = "etf"
    CRYPTO = "crypto"
    FOREX = "forex"
    INDEX = "index"
    COMMODITY = "commodity"


# The first day a MAX range can reach: daily consolidated tapes of US stocks begin here; Bitcoin's first trade is younger.
BEGINNING = {AssetClass.CRYPTO: date(2010, 7, 17)}
_FIRST_DAY = date(1962, 1, 2)
_LAST_DAY = date(9999, 12, 30)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A thing with prices.

    Attributes:
        instrument_id: The database's own number for it, the first part of every candle's key.
        symbol: Canonical symbol: `AAPL`, `BRK.B`, `BTC-USD`, `EUR-USD`.
        asset_class: Its kind.
        calendar: Name of its trading calendar in exchange_calendars: `XNYS`, `24/7`, `24/5`.
        name: What people call it; may be empty.
        listed_on: First day it traded, where known.
        delisted_on: First day it no longer traded, where known.
    """

    instrument_id: int
    symbol: str
    asset_class: AssetClass
    calendar: str
    name: str = ""
    listed_on: date | None = None
    delisted_on: date | None = None

    @property
    def lifetime(self) -> Interval:
        """Return the span in which it can have candles: the known listing, else all its asset class can have."""
        first = self.listed_on or BEGINNING.get(self.asset_class, _FIRST_DAY)
        last = self.delisted_on or _LAST_DAY + timedelta(days=1)
        return Interval(midnight(first), midnight(max(first, last)))
