"""From Tiingo's rows to candles, in columns: days of shares, bars of IEX, bars of crypto; and splits.

Days: `[{date, open, high, low, close, volume, adjOpen, ..., divCash, splitFactor}]`, raw and adjusted together; the raw ones
are taken, and `date` is the session's date whatever its zone says. Bars: `[{date, open, high, low, close}]`, stamped with
their open in UTC. Crypto: `[{ticker, priceData: [{date, ..., volume, volumeNotional, tradesDone}]}]`.
"""

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.instants import instants_of_text
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import dividend_frame, split_frame
from trend_platform.providers.stamped import Origin, Stamped, day_of_text, stamped
from trend_platform.providers.tiingo.classing import NAME

_PRICES = ("open", "high", "low", "close")
_BAR = pl.Schema({"date": pl.String(), **dict.fromkeys(_PRICES, pl.Float64())})
_DAY = pl.Schema({**_BAR, "volume": pl.Float64()})
_COIN_BAR = pl.Schema({**_DAY, "tradesDone": pl.Int64()})
_SPLIT_DAY = pl.Schema({"date": pl.String(), "splitFactor": pl.Float64()})
_PAYING_DAY = pl.Schema({"date": pl.String(), "divCash": pl.Float64()})


def parse_days(document: object, origin: Origin) -> Stamped:
    """Read the days of one share.

    Raises:
        Malformed: The document holds no days.
        GranularityMismatch: It holds weeks or months.
    """
    rows = _rows(document)
    columns = typed_columns(rows, _DAY).with_columns(day_of_text("date").alias("opened_at"))
    stamps = columns["opened_at"].drop_nulls()
    # Weeks are stamped with their last session and have all it takes to pass for days.
    if stamps.len() > 2 and (stamps.diff().drop_nulls() >= timedelta(days=5)).all():
        raise _mismatch(origin, f"no two of its {stamps.len()} days are closer than five days")
    return stamped(columns, origin)


def parse_bars(document: object, origin: Origin) -> Stamped:
    """Read the bars of one share's trades on IEX; they carry no volume, since it would be that of IEX alone.

    Raises:
        Malformed: The document holds no bars.
        GranularityMismatch: The bars do not begin where bars of that length do.
    """
    return _timed(_rows(document), _BAR, origin)


def parse_coin(document: object, ticker: str, origin: Origin) -> Stamped:
    """Read the bars of one crypto pair.

    Raises:
        Malformed: The document holds no bars, or another pair's.
        GranularityMismatch: The bars do not begin where bars of that length do.
    """
    told = [row for row in _rows(document) if isinstance(row, Mapping)]
    others = [str(row.get("ticker")) for row in told if row.get("ticker") != ticker]
    if others:
        raise Malformed(NAME, f"the answer holds bars of {', '.join(others)} where those of {ticker} were asked")
    return _timed([bar for row in told for bar in _rows(row.get("priceData"))], _COIN_BAR, origin)


def read_splits(document: object, instrument: Instrument) -> pl.DataFrame:
    """Return the split frame of one share's days: those whose `splitFactor` is not 1.

    Raises:
        Malformed: The document holds no days.
    """
    days = typed_columns(_rows(document), _SPLIT_DAY).with_columns(
        pl.lit(instrument.instrument_id, dtype=pl.Int32).alias("instrument_id"),
        day_of_text("date").dt.date().alias("ex_date"),
        pl.col("splitFactor").alias("ratio"),
    )
    return split_frame(days.filter(pl.col("ratio") != 1), NAME)


def read_dividends(document: object, instrument: Instrument) -> pl.DataFrame:
    """Return the dividend frame of one share's days: those whose `divCash`, told on that day's share count, is not 0.

    Raises:
        Malformed: The document holds no days.
    """
    days = typed_columns(_rows(document), _PAYING_DAY).select(
        pl.lit(instrument.instrument_id, dtype=pl.Int32).alias("instrument_id"),
        day_of_text("date").dt.date().alias("ex_date"),
        pl.col("divCash").alias("amount"),
    )
    return dividend_frame(days, NAME)


def _timed(rows: list[object], schema: pl.Schema, origin: Origin) -> Stamped:
    columns = typed_columns(rows, schema)
    columns = columns.with_columns(instants_of_text(columns["date"]).alias("opened_at"))
    step = timedelta(days=1) if origin.timeframe is Timeframe.D1 else origin.timeframe.step
    stamps = columns["opened_at"].drop_nulls()
    if not (stamps.cast(pl.Int64) % (step // timedelta(microseconds=1)) == 0).all():
        raise _mismatch(origin, f"its bars do not begin where {origin.timeframe} ones do (the first at {stamps[0]})")
    return stamped(columns.rename({"tradesDone": "trade_count"}, strict=False), origin)


def _rows(document: object) -> list[object]:
    if isinstance(document, list):
        return document
    raise Malformed(NAME, f"the answer holds no prices: expected a list, found {type(document).__name__}")


def _mismatch(origin: Origin, what: str) -> GranularityMismatch:
    return GranularityMismatch(
        NAME, f"{origin.instrument.symbol}: {what}; the provider answered another length than was asked"
    )
