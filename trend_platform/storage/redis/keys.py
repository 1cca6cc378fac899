"""The names of what is kept in Redis and how long it lives there; readers outside the platform rely on both."""

from trend_platform.domain.ranges import Range

_SERIES_SECONDS, _MAX_SERIES_SECONDS = 300, 3600


def series_key(symbol: str, range_: Range) -> str:
    """Return the key of the JSON of a range's candles, such as `asset_data:AAPL:5Y`."""
    return f"asset_data:{symbol}:{range_.value}"


def series_lifetime_seconds(range_: Range) -> int:
    """Return how long the candles of a range live, in seconds; the whole history changes least."""
    return _MAX_SERIES_SECONDS if range_ is Range.MAX else _SERIES_SECONDS
