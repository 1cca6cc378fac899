"""The JSON of a latest price as it lies in the cache and goes over the channel; written and read back here, nowhere else.

It is `{"symbol", "price", "change", "change_percent", "quoted_at", "provider"}`, the time as ISO 8601 in UTC.
"""

from dataclasses import fields
from datetime import UTC, datetime
from math import isfinite
from typing import Final

import orjson

from trend_platform.domain.quotes import LatestPrice
from trend_platform.ingest.reads import ReadKind

_NAMES: Final = frozenset(field.name for field in fields(LatestPrice))


def price_json(price: LatestPrice) -> bytes:
    """Return the JSON of a latest price; its time keeps its microseconds."""
    return orjson.dumps(price, option=orjson.OPT_UTC_Z)


def read_price_json(symbol: str, payload: bytes) -> LatestPrice | ReadKind:
    """Return the price of `symbol` that is written in `payload`, or what is wrong with it.

    Nothing is believed that `price_json` would not have written: `CORRUPT` is said of what is no JSON or has another
    shape, `FOREIGN` of another symbol's price.
    """
    try:
        found = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return ReadKind.CORRUPT
    if not isinstance(found, dict) or found.keys() != _NAMES:
        return ReadKind.CORRUPT
    if found["symbol"] != symbol:
        return ReadKind.FOREIGN if isinstance(found["symbol"], str) else ReadKind.CORRUPT
    price, change, percent = (_number(found[name]) for name in ("price", "change", "change_percent"))
    quoted_at = _instant(found["quoted_at"])
    has_change = (change is None) == (found["change"] is None) and (percent is None) == (
        found["change_percent"] is None
    )
    if price is None or quoted_at is None or not has_change or not isinstance(found["provider"], str):
        return ReadKind.CORRUPT
    return LatestPrice(symbol, price, change, percent, quoted_at, found["provider"])


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant and instant.tzinfo else None
