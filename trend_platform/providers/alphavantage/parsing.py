"""From Alpha Vantage's objects by day to columns: `{"Time Series (Daily)": {"2026-11-19": {"1. open": "1.0", ...}}}`.

Numbers are strings and days descend. Fields are known by their suffix after ". ": coins were told as `1a. open (USD)` and
`1b. open (EUR)` and are told as `1. open` now.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from trend_platform.errors import Malformed, NothingThere
from trend_platform.providers.alphavantage.classing import NAME
from trend_platform.providers.alphavantage.symbols import canonical_of
from trend_platform.providers.stamped import day_of_text

_FIELDS = ("open", "high", "low", "close", "volume")
# What an answer says that it is of, by the suffixes of its keys; one of these, and a share's symbol stands alone.
_PAIR_NAMES = (("Digital Currency Code", "Market Code"), ("From Symbol", "To Symbol"))
Pair = tuple[str, str]


def read_days(document: object, symbol: str | None = None, pair: Pair | None = None) -> pl.DataFrame:
    """Return `opened_at`, prices, volume and `date` as it was sent, ascending.

    Args:
        document: The answer's JSON.
        symbol: The share that was asked; an answer that names another is refused.
        pair: The pair that was asked; the same holds, and where fields are told in several currencies, its second one's
            are taken.

    Raises:
        NothingThere: The document says nothing, which is how an unknown symbol is told.
        Malformed: The document holds no days, or another symbol's.
    """
    days = _days(document)
    _check_asked(document, symbol, pair)
    # One odd day among sound ones must not cost them: its prices are null.
    rows = [row if isinstance(row, Mapping) else {} for row in days.values()]
    keys = _keys(next((row for row in rows if row), {}), pair[1] if pair else None) if rows else {}
    numbers = {name: [row.get(key) for row in rows] for name, key in keys.items()}
    columns = pl.DataFrame([pl.Series("date", list(days), dtype=pl.String), *map(_numbers, numbers, numbers.values())])
    missing = [pl.lit(None, dtype=pl.Float64()).alias(name) for name in _FIELDS if name not in keys]
    return columns.with_columns(day_of_text("date").alias("opened_at"), *missing).reverse()


def _days(document: object) -> Mapping[str, object]:
    if not isinstance(document, Mapping):
        raise Malformed(NAME, "the answer holds no days: expected an object")
    series = next((name for name in document if name.startswith("Time Series") and "aily" in name), None)
    if series is None:
        if set(document) <= {"Meta Data"}:
            raise NothingThere(NAME, "the answer is empty: it knows no such symbol")
        raise Malformed(NAME, f"the answer holds no days but {', '.join(map(str, document))[:80]}")
    days = document[series]
    if not isinstance(days, Mapping):
        raise Malformed(NAME, f"{series!r} is no object of days")
    return days


def _check_asked(document: object, symbol: str | None, pair: Pair | None) -> None:
    meta = document.get("Meta Data") if isinstance(document, Mapping) else None
    told = {str(key).partition(". ")[2]: value for key, value in meta.items()} if isinstance(meta, Mapping) else {}
    share = told.get("Symbol")
    if symbol is not None and isinstance(share, str) and canonical_of(share) != canonical_of(symbol):
        raise Malformed(NAME, f"the answer holds days of {share!r} where those of {symbol!r} were asked")
    for base, quote in _PAIR_NAMES:
        named = told.get(base), told.get(quote)
        if pair is not None and None not in named and named != pair:
            raise Malformed(
                NAME, f"the answer holds days of {named[0]}/{named[1]} where those of {'/'.join(pair)} were asked"
            )


def _keys(row: Mapping[str, object], currency: str | None) -> dict[str, str]:
    """Return which key of a row holds which field, the asked currency's before any other."""
    found: dict[str, str] = {}
    for key in row:
        name, _, money = str(key).partition(". ")[2].partition(" (")
        is_asked = money.rstrip(")") in {"", currency}
        if name in _FIELDS and (is_asked or name == "volume") and name not in found:
            found[name] = key
    if not {"open", "high", "low", "close"} <= set(found):
        raise Malformed(
            NAME, f"a day has no prices under the names that are known, but {', '.join(map(str, row))[:120]}"
        )
    return found


def _numbers(name: str, values: Sequence[object]) -> pl.Series:
    # Told as text; where one is not, it is still read, or null.
    try:
        texts = pl.Series(name, values, dtype=pl.String)
    except (TypeError, pl.exceptions.PolarsError):
        texts = pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
    return texts.cast(pl.Float64, strict=False)
