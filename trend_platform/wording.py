"""Numbers in sentences: what is counted stands in the singular or the plural as its number asks. Nothing else about text."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts: `1 candle`, `1,200 candles`.

    Args:
        number: How many.
        one: The noun in the singular, with what belongs to it.
        many: The plural; the singular with an s if empty.
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
