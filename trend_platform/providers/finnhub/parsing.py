"""From Finnhub's answers to columns: candles as arrays by field, and one quote as one object.

Candles: `{"s": "ok", "t": [seconds], "o": [], "h": [], "l": [], "c": [], "v": []}` or `{"s": "no_data"}`. A quote:
`{"c": price, "pc": previous close, "t": seconds}`, all zeros for a symbol it does not know.
"""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.finnhub.classing import NAME
from trend_platform.providers.records import typed_columns, typed_series
from trend_platform.providers.stamped import instant_of_seconds

_FIELDS = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
_BARS = pl.Schema({"t": pl.Int64(), **dict.fromkeys(_FIELDS, pl.Float64())})
_QUOTE = pl.Schema({"c": pl.Float64(), "pc": pl.Float64(), "t": pl.Int64()})


def read_candles(document: object) -> pl.DataFrame:
    """Return `opened_at`, prices, volume and `t` as it was sent of a `/stock/candle` answer; a day is stamped at midnight UTC of its date.

    A stamp that is no plausible time is null.

    Raises:
        Malformed: The document holds no candles, or its arrays differ in length.
        GranularityMismatch: Several of them begin on one day.
    """
    status = document.get("s") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or status not in {"ok", "no_data"}:
        raise Malformed(NAME, "the answer holds no candles: expected an object with `s` and an array for each field")
    arrays = {name: document.get(name, []) if status == "ok" else [] for name in _BARS}
    if not all(isinstance(array, list) for array in arrays.values()) or len({*map(len, arrays.values())}) > 1:
        sizes = ", ".join(
            f"{name} {len(array) if isinstance(array, list) else 'none'}" for name, array in arrays.items()
        )
        raise Malformed(NAME, f"the arrays of candles differ in length: {sizes}")
    bars = pl.DataFrame([typed_series(name, arrays[name], kind) for name, kind in _BARS.items()])
    stamps = bars.select(instant_of_seconds("t").alias("told")).to_series().drop_nulls().unique()
    if stamps.dt.truncate("1d").n_unique() < stamps.len():
        raise GranularityMismatch(
            NAME, f"{stamps.len()} candles begin on fewer days: they are shorter than the asked 1d"
        )
    return bars.with_columns(instant_of_seconds("t").dt.truncate("1d").alias("opened_at")).rename(_FIELDS)


def read_quote(document: object, instrument: Instrument) -> pl.DataFrame:
    """Return `instrument_id`, `quoted_at` (UTC), `price` and `previous_close` of a `/quote` answer, one row.

    Zeros are no prices: the symbol is not known. They become null.

    Raises:
        Malformed: The document holds no quote.
    """
    if not isinstance(document, Mapping) or not set(_QUOTE) <= set(document):
        raise Malformed(NAME, "the answer holds no quote: expected an object with a price `c`, `pc` and its time `t`")
    told = typed_columns([document], _QUOTE)
    return told.select(
        pl.lit(instrument.instrument_id, dtype=pl.Int32()).alias("instrument_id"),
        instant_of_seconds("t").alias("quoted_at"),
        pl.col("c").replace(0.0, None).alias("price"),
        pl.col("pc").replace(0.0, None).alias("previous_close"),
    )
