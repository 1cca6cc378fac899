"""From FMP's rows to columns: flat arrays of objects, the newest first.

Days: `[{"symbol", "date": "2026-11-19", "open", "high", "low", "close", "volume", "vwap"}]`; where prices are not adjusted for
splits, their names begin with `adj` all the same (`adjOpen`). Its `vwap` is the mean of the four prices, weighted by nothing, and
is not taken. Splits: `[{"symbol", "date", "numerator", "denominator", "splitType"}]`.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.fmp.classing import NAME
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import dividend_frame, split_frame
from trend_platform.providers.spelling import ids_by
from trend_platform.providers.stamped import day_of_text, instant_of_seconds

_PRICES = ("open", "high", "low", "close")
_ADJUSTED = tuple(f"adj{name.capitalize()}" for name in _PRICES)
_DAY = pl.Schema({"symbol": pl.String(), "date": pl.String(), "volume": pl.Float64()})
_RATIO = pl.Schema({"date": pl.String(), "numerator": pl.Float64(), "denominator": pl.Float64()})
_SPLIT = pl.Schema({**_RATIO, "splitType": pl.String()})
# Told in the same list and with a ratio: what a spun-off company was worth, which moves no share count.
_SPIN_OFF = "(?i)spin"
_DIVIDEND = pl.Schema({"date": pl.String(), "dividend": pl.Float64()})
_QUOTE = pl.Schema(
    {"symbol": pl.String(), "price": pl.Float64(), "previousClose": pl.Float64(), "timestamp": pl.Int64()}
)


def read_days(document: object, symbol: str) -> pl.DataFrame:
    """Return `opened_at`, prices, volume and `date` as it was sent, ascending.

    Args:
        document: The answer's JSON.
        symbol: The one that was asked; rows that name another are refused.

    Raises:
        Malformed: The document holds no days, or another symbol's.
    """
    rows, typical = _rows(document, "days", {"date", *_PRICES}, {"date", *_ADJUSTED})
    names = dict(zip(_PRICES, _ADJUSTED if _ADJUSTED[0] in typical else _PRICES, strict=True))
    columns = typed_columns(rows, pl.Schema({**_DAY, **dict.fromkeys(names.values(), pl.Float64())}))
    others = columns["symbol"].drop_nulls().unique().to_list()
    if others and others != [symbol]:
        raise Malformed(NAME, f"the answer holds days of {', '.join(others)[:40]} where those of {symbol} were asked")
    renamed = columns.rename({told: name for name, told in names.items()})
    return renamed.with_columns(day_of_text("date").alias("opened_at")).reverse()


def read_splits(document: object, instrument: Instrument) -> pl.DataFrame:
    """Return the split frame of one instrument; spin-offs and rows that make no sense are left out.

    Raises:
        Malformed: The document holds no splits.
    """
    rows, _ = _rows(document, "splits", set(_RATIO))
    told = typed_columns(rows, _SPLIT).filter(~pl.col("splitType").str.contains(_SPIN_OFF).fill_null(value=False))
    splits = told.select(
        pl.lit(instrument.instrument_id, dtype=pl.Int32()).alias("instrument_id"),
        pl.col("date").str.to_date("%Y-%m-%d", strict=False).alias("ex_date"),
        (pl.col("numerator") / pl.col("denominator")).alias("ratio"),
    )
    return split_frame(splits, NAME)


def read_dividends(document: object, instrument: Instrument) -> pl.DataFrame:
    """Return the dividend frame of one instrument, as it was paid (`adjDividend` is on today's share count).

    Raises:
        Malformed: The document holds no dividends.
    """
    rows, _ = _rows(document, "dividends", set(_DIVIDEND))
    told = typed_columns(rows, _DIVIDEND).select(
        pl.lit(instrument.instrument_id, dtype=pl.Int32()).alias("instrument_id"),
        pl.col("date").str.to_date("%Y-%m-%d", strict=False).alias("ex_date"),
        pl.col("dividend").alias("amount"),
    )
    return dividend_frame(told, NAME)


def read_quotes(document: object, asked: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return `instrument_id`, `quoted_at` (UTC), `price` and `previous_close` of the asked instruments.

    Args:
        document: The answer's JSON; an empty list where no symbol is known.
        asked: The instruments by FMP's spelling.

    Raises:
        Malformed: The document holds no quotes.
    """
    rows, _ = _rows(document, "quotes", {"symbol", "price"})
    ids = ids_by("symbol", asked)
    return (
        typed_columns(rows, _QUOTE)
        .join(ids, on="symbol", how="inner")
        .select(
            "instrument_id",
            instant_of_seconds("timestamp").alias("quoted_at"),
            pl.col("price").replace(0.0, None),
            pl.col("previousClose").replace(0.0, None).alias("previous_close"),
        )
    )


def _rows(document: object, what: str, *shapes: AbstractSet[str]) -> tuple[Sequence[object], Mapping[str, object]]:
    # With the first row that has a shape: an odd one among sound ones must not cost them, it is set aside later.
    if not isinstance(document, list):
        raise Malformed(NAME, f"the answer holds no {what}: expected a list of objects")
    for row in document:
        if isinstance(row, Mapping) and any(row.keys() >= shape for shape in shapes):
            return document, row
    if document:
        found = next((", ".join(row)[:80] for row in document if isinstance(row, Mapping)), "none")
        raise Malformed(
            NAME, f"the answer holds no {what}: expected a list of objects with their fields, found {found}"
        )
    return document, {}
