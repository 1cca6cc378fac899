"""The names of what is kept in Redis and how long it lives there; readers outside the platform rely on both."""

from typing import Final

from trend_platform.domain.capability import Capability
from trend_platform.domain.ranges import Range

PRICE_SECONDS: Final = 60
"""How long a latest price lives, in seconds."""

PRICES_CHANNEL: Final = "prices"
# Numbered databases share their channels: who listens for prices must never hear simulated ones.
SIMULATED_PRICES_CHANNEL: Final = "prices:simulated"
"""The channel on which each latest price is published."""

_SERIES_SECONDS: Final = 300
_SERIES_SECONDS_BY_RANGE: Final = {Range.D1: 120, Range.MAX: 3600}
_RANGES: Final = frozenset(range_.value for range_ in Range)
_DAILY, _HOURLY, _PRICE = "asset_data:", "hourly_data:", "latest_price:"

SERIES_PATTERNS: Final = (f"{_DAILY}*", f"{_HOURLY}*")
"""What the keys of series look like, for SCAN; foreign keys may match, `symbol_of_series` tells."""

PRICE_PATTERN: Final = f"{_PRICE}*"
"""What the keys of latest prices look like, for SCAN."""


def series_key(symbol: str, range_: Range) -> str:
    """Return the key of the JSON of a range, such as `asset_data:AAPL:5Y`, or `hourly_data:AAPL:1D` for the hourly chart."""
    return f"{_HOURLY if range_ is Range.D1 else _DAILY}{symbol}:{range_.value}"


def series_lifetime_seconds(range_: Range) -> int:
    """Return how long the candles of a range live, in seconds; the whole history changes least, the hourly chart most."""
    return _SERIES_SECONDS_BY_RANGE.get(range_, _SERIES_SECONDS)


def price_key(symbol: str) -> str:
    """Return the key of the JSON of a latest price, such as `latest_price:AAPL`."""
    return f"{_PRICE}{symbol}"


def symbol_of_series(key: str) -> str | None:
    """Return the symbol whose series `key` names, `None` if it is no key of a series."""
    rest, _, range_ = key.rpartition(":")
    symbol = rest.partition(":")[2]
    is_ours = symbol and range_ in _RANGES and key == series_key(symbol, Range(range_))
    return symbol if is_ours else None


def symbol_of_price(key: str) -> str | None:
    """Return the symbol whose latest price `key` names, `None` if it is no key of a price."""
    return key.removeprefix(_PRICE) if key.startswith(_PRICE) and key != _PRICE else None


def budget_key(provider: str, credential: str) -> str:
    """Return the key of what one credential of a provider has spent, such as `budget:polygon:5f2c0a91d3e8b746`.

    Args:
        provider: Its name.
        credential: A fingerprint from which the key cannot be read.
    """
    return f"budget:{provider}:{credential}"


def breaker_key(provider: str, capability: Capability) -> str:
    """Return the key of an open breaker, such as `breaker:polygon:daily_history`."""
    return f"breaker:{provider}:{capability}"


def probe_key(provider: str, capability: Capability) -> str:
    """Return the key of whoever tries whether a provider is back, such as `probe:polygon:daily_history`."""
    return f"probe:{provider}:{capability}"
