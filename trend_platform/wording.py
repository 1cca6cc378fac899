"""Numbers in sentences: what is counted stands in the singular or the plural as its number asks, spans go by the names they have.

Nothing else about text.
"""

from types import MappingProxyType

_SPANS = MappingProxyType({1.0: "second", 60.0: "minute", 3600.0: "hour", 86_400.0: "day"})


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts: `1 candle`, `1,200 candles`.

    Args:
        number: How many.
        one: The noun in the singular, with what belongs to it.
        many: The plural; the singular with an s if empty.
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def span_named(seconds: float) -> str:
    """Return a span as one says it after "per": `minute`, `day`, `10 s`."""
    return _SPANS.get(seconds, f"{seconds:,g} s")
