"""What kind of thing a simulated instrument is: price level, volatility, turnover, first trading day.

A profile follows from the seed and the symbol alone. Prices themselves are made in `daily` and `intraday`.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from trend_platform.domain.instruments import AssetClass
from trend_platform.providers.simulated.randomness import one_uniform, stream_key

ANCHOR = date(2026, 1, 2)
"""The day on which each instrument closes near its `level`; paths run from here into past and future."""

# Level on the anchor day and first trading day of what people know by heart; a simulated chart should look like home.
_KNOWN: dict[str, tuple[float, date]] = {
    "AAPL": (270.0, date(1980, 12, 12)),
    "AMZN": (230.0, date(1997, 5, 15)),
    "GOOGL": (310.0, date(2004, 8, 19)),
    "IWM": (245.0, date(2000, 5, 26)),
    "META": (650.0, date(2012, 5, 18)),
    "MSFT": (480.0, date(1986, 3, 13)),
    "NVDA": (185.0, date(1999, 1, 22)),
    "QQQ": (615.0, date(1999, 3, 10)),
    "SPY": (685.0, date(1993, 1, 29)),
    "TSLA": (440.0, date(2010, 6, 29)),
    "VTI": (335.0, date(2001, 5, 31)),
    "BTC-USD": (88_000.0, date(2010, 7, 17)),
    "ETH-USD": (3_000.0, date(2015, 8, 7)),
    "EUR-USD": (1.17, date(1999, 1, 4)),
    "GBP-USD": (1.35, date(1971, 1, 4)),
    "USD-JPY": (156.0, date(1971, 1, 4)),
}
_LATE_LISTING_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class _Kind:
    # Yearly volatility and drift of log prices, price level and money traded per day: the range symbols are spread over.
    volatility: tuple[float, float]
    drift: float
    level: tuple[float, float]
    turnover: tuple[float, float]
    overnight: float
    days_per_year: int


_KINDS = {
    AssetClass.STOCK: _Kind((0.18, 0.55), 0.07, (15.0, 420.0), (2e7, 4e9), 0.55, 252),
    AssetClass.ETF: _Kind((0.10, 0.24), 0.06, (25.0, 500.0), (5e7, 2e10), 0.55, 252),
    AssetClass.CRYPTO: _Kind((0.50, 0.95), 0.30, (0.1, 2_500.0), (1e7, 2e10), 0.0, 365),
    AssetClass.FOREX: _Kind((0.05, 0.11), 0.0, (0.6, 1.8), (1e9, 5e10), 0.15, 260),
}
SIMULATED_CLASSES = frozenset(_KINDS)


@dataclass(frozen=True, slots=True)
class Profile:
    """The character of one simulated instrument.

    Attributes:
        key: Root of its random streams.
        level: Price near which it closes on the anchor day.
        volatility: Deviation of a day's log return, from close to close.
        drift: Mean of a day's log return.
        overnight: Share of the deviation that falls between the close and the next open; zero where nothing closes.
        turnover: Money traded on an ordinary day, in the quote currency.
        decimals: Decimals of its prices.
        volume_decimals: Decimals of its volumes: whole shares, fractions of coins.
        has_splits: Whether it can split.
        listed_on: Its first trading day; `None` reaches back to the calendar's beginning.
    """

    key: int
    level: float
    volatility: float
    drift: float
    overnight: float
    turnover: float
    decimals: int
    volume_decimals: int
    has_splits: bool
    listed_on: date | None


@lru_cache(maxsize=4096)
def profile_of(seed: int, symbol: str, asset_class: AssetClass) -> Profile:
    """Return the character of `symbol` under `seed`; `asset_class` is one of `SIMULATED_CLASSES`."""
    kind = _KINDS[asset_class]
    is_share = asset_class in {AssetClass.STOCK, AssetClass.ETF}
    level, listed_on = _KNOWN.get(symbol) or (_spread(seed, symbol, "level", kind.level), _listing(seed, symbol))
    return Profile(
        key=stream_key(seed, symbol),
        level=level,
        volatility=_spread(seed, symbol, "volatility", kind.volatility) / math.sqrt(kind.days_per_year),
        drift=kind.drift / kind.days_per_year,
        overnight=kind.overnight,
        turnover=_spread(seed, symbol, "turnover", kind.turnover),
        decimals=2 if is_share or level >= 100 else 5,
        volume_decimals=0 if is_share else 4,
        has_splits=is_share,
        listed_on=listed_on,
    )


def _spread(seed: int, symbol: str, trait: str, bounds: tuple[float, float]) -> float:
    # Between the bounds, evenly on a logarithmic scale: a market has many small things and few large ones.
    low, high = bounds
    return float(low * (high / low) ** one_uniform(seed, symbol, trait))


def _listing(seed: int, symbol: str) -> date | None:
    place = one_uniform(seed, symbol, "listing")
    if place >= _LATE_LISTING_SHARE:
        return None
    span = (date(2024, 6, 30) - date(1995, 1, 1)).days
    return date(1995, 1, 1) + timedelta(days=int(place / _LATE_LISTING_SHARE * span))
