"""From Polygon's snapshots to quotes, in columns: `{"tickers": [{ticker, updated, lastTrade, lastQuote, min, day, prevDay}]}`.

Which parts are there depends on the plan, and a zero stands for a price that is not there: so all of them between 03:30
and 04:00 New York. Times are nanoseconds for shares, milliseconds for crypto and minute bars.
"""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.instruments import Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.records import typed_columns
from trend_platform.providers.spelling import ids_by

# Shares carry bid and ask as `p` and `P`, pairs as `b` and `a`.
_PARTS: Mapping[str, Mapping[str, str]] = {
    "lastTrade": {"p": "trade", "t": "traded_at", "s": "traded"},
    "min": {"c": "minute", "t": "minute_at"},
    "day": {"c": "day"},
    "prevDay": {"c": "previous_close"},
    "lastQuote": {"p": "bid", "P": "ask", "b": "pair_bid", "a": "pair_ask"},
}
_TIMES = ("updated", "traded_at", "minute_at")
_ROW = pl.Schema(
    {
        "ticker": pl.String(),
        **dict.fromkeys(_TIMES, pl.Int64()),
        **{name: pl.Float64() for part in _PARTS.values() for name in part.values() if name not in _TIMES},
    }
)
_PRICES = ("trade", "minute", "day", "previous_close", "bid", "ask", "pair_bid", "pair_ask")
# Beyond these a stamp is too large for its unit: milliseconds of the year 5138, microseconds of the same.
_MOST_MS, _MOST_US = 10**14, 10**17
_MINUTE = pl.duration(minutes=1)


def read_snapshots(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return a row for each asked ticker of a snapshot, in the provider's order.

    The price is the last trade's, else the minute bar's close, else the day bar's, each with its own time. The other
    columns of a quote are null where the plan does not include them.

    Args:
        document: The answer's JSON.
        instruments: The asked instruments by Polygon's ticker; rows of others are left out.

    Raises:
        Malformed: The document holds no snapshots.
    """
    ids = ids_by("ticker", instruments)
    columns = typed_columns([_flat(row) for row in _tickers(document)], _ROW).join(
        ids, on="ticker", how="inner", maintain_order="left"
    )
    known = columns.with_columns(
        *(pl.when(pl.col(name) != 0).then(pl.col(name)) for name in _PRICES), *(_instant(name) for name in _TIMES)
    )
    return known.with_columns(_minute_ended()).select(
        "instrument_id",
        *_price_with_time(),
        "previous_close",
        pl.coalesce("bid", "pair_bid").alias("bid"),
        pl.coalesce("ask", "pair_ask").alias("ask"),
        pl.when(pl.col("trade").is_not_null() & pl.col("traded_at").is_not_null()).then(pl.col("traded")).alias("size"),
    )


def _tickers(document: object) -> list[object]:
    if isinstance(document, Mapping) and ("tickers" in document or document.get("count") == 0):
        rows = document.get("tickers") or []
        if isinstance(rows, list):
            return rows
    raise Malformed(NAME, "the answer holds no snapshots: expected an object with a list of `tickers`")


def _flat(row: object) -> dict[str, object]:
    if not isinstance(row, Mapping):
        return {}
    flat = {"ticker": row.get("ticker"), "updated": row.get("updated")}
    for part, names in _PARTS.items():
        inner = row.get(part)
        if isinstance(inner, Mapping):
            flat |= {name: inner.get(short) for short, name in names.items()}
    return flat


def _instant(name: str) -> pl.Expr:
    stamp = pl.col(name)
    in_us = pl.when(stamp < _MOST_MS).then(stamp * 1000).when(stamp < _MOST_US).then(stamp).otherwise(stamp // 1000)
    return pl.when(stamp > 0).then(in_us).cast(INSTANT).alias(name)


def _minute_ended() -> pl.Expr:
    # The close of a bar is as old as its last trade: a bar asked twice has two closes, and they need two times.
    begun = pl.col("minute_at")
    return pl.min_horizontal(pl.max_horizontal(begun, "updated"), begun + _MINUTE).alias("minute_at")


def _price_with_time() -> tuple[pl.Expr, pl.Expr]:
    sources = {"trade": "traded_at", "minute": "minute_at", "day": "updated"}
    is_timed = [pl.col(price).is_not_null() & pl.col(at).is_not_null() for price, at in sources.items()]
    prices = [pl.when(timed).then(pl.col(name)) for timed, name in zip(is_timed, sources, strict=True)]
    times = [pl.when(timed).then(pl.col(at)) for timed, at in zip(is_timed, sources.values(), strict=True)]
    return pl.coalesce(*prices, *sources).alias("price"), pl.coalesce(*times).alias("quoted_at")
