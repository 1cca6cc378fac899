"""What the simulated provider's answers mean: error classes, and JSON columns to candle frames.

The inverse of `transport`; asks nobody and knows no pages.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar
from trend_platform.domain.candles import INSTANT, Basis, empty_candles
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed, ProviderError
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.records import candle_frame
from trend_platform.providers.simulated.intraday import COLUMNS
from trend_platform.providers.simulated.tape import TAPE_COLUMNS

NAME = "simulated"
_FEWEST_TO_JUDGE = 4


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, from its body and its status; `None` if it is a success."""
    unreadable = class_of_body(NAME, answer)
    return unreadable or class_of_status(NAME, answer.status, words(answer))


def document_of(answer: HttpAnswer) -> Mapping[str, object]:
    """Return the JSON object an answer holds.

    Raises:
        Malformed: It holds something else.
    """
    document = answer.document
    if not isinstance(document, dict):
        raise Malformed(NAME, f"expected a JSON object, found {type(document).__name__}")
    return document


def columns_of(answer: Mapping[str, object], *extra: str) -> pl.DataFrame:
    """Return the candles of an answer as columns, `opened_at` as an instant in UTC.

    Raises:
        Malformed: A column is missing, of another length than the others, or holds no numbers.
    """
    missing = [name for name in (*extra, *COLUMNS) if not isinstance(answer.get(name), list)]
    if missing:
        raise Malformed(NAME, f"an answer lacks the columns {', '.join(missing)}")
    kinds = {"opened_at": pl.Int64(), "trade_count": pl.Int64(), "symbol": pl.String()}
    schema = {name: kinds.get(name, pl.Float64()) for name in (*extra, *COLUMNS)}
    try:
        frame = pl.DataFrame({name: answer[name] for name in schema}, schema=schema)
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise Malformed(NAME, f"columns do not fit together: {str(error).splitlines()[0]}") from None
    return frame.replace_column(frame.get_column_index("opened_at"), (frame["opened_at"] * 1000).cast(INSTANT))


def quote_rows(answer: Mapping[str, object], instruments: Sequence[Instrument]) -> pl.DataFrame:
    """Return the latest prices of an answer as rows with `instrument_id`; those of others than `instruments` are dropped.

    Raises:
        Malformed: A column is missing, of another length than the others, or holds no numbers.
    """
    kinds = {"symbol": pl.String(), "quoted_at": pl.Int64()}
    columns = {name: answer.get(name) for name in TAPE_COLUMNS}
    if not all(isinstance(column, list) for column in columns.values()):
        raise Malformed(NAME, f"an answer with latest prices lacks one of the columns {', '.join(TAPE_COLUMNS)}")
    try:
        rows = pl.DataFrame(columns, schema={name: kinds.get(name, pl.Float64()) for name in TAPE_COLUMNS})
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise Malformed(NAME, f"latest prices do not fit together: {str(error).splitlines()[0]}") from None
    asked = pl.DataFrame(
        {"symbol": [one.symbol for one in instruments], "instrument_id": [one.instrument_id for one in instruments]},
        schema={"symbol": pl.String(), "instrument_id": pl.Int32()},
    )
    return rows.join(asked, on="symbol", how="inner").with_columns((pl.col("quoted_at") * 1000).cast(INSTANT))


def check_granularity(stamps: pl.Series, timeframe: Timeframe, calendar: TradingCalendar) -> None:
    """Check that candles lie as far from each other as the calendar's candles of `timeframe` do.

    Raises:
        GranularityMismatch: They are candles of another length.
    """
    found = np.sort(stamps.to_physical().to_numpy())
    if len(found) < _FEWEST_TO_JUDGE:
        return
    span = Interval(from_us(found[0]), from_us(found[-1] + 1))
    expected = calendar.candle_opens(timeframe, span)
    usual = float(np.median(np.diff(found)))
    right = float(np.median(np.diff(expected))) if len(expected) > 1 else usual
    if not 0.6 <= usual / right <= 1.7:
        minutes = usual / 60_000_000
        raise GranularityMismatch(NAME, f"asked for {timeframe} candles, got candles {minutes:g} minutes apart")


def candles_of_one(rows: pl.DataFrame, instrument: Instrument, timeframe: Timeframe, now: datetime) -> pl.DataFrame:
    """Return the candle frame of `rows`, all of one instrument."""
    ids = pl.Series("instrument_id", [instrument.instrument_id], dtype=pl.Int32).new_from_index(0, rows.height)
    return candle_frame(
        rows.with_columns(ids),
        timeframe=timeframe,
        provider=NAME,
        basis=Basis.RAW,
        calendar=get_calendar(instrument.calendar),
        settles_after=timedelta(0),
        now=now,
    )


def candles_of_many(
    rows: pl.DataFrame, instruments: Sequence[Instrument], timeframe: Timeframe, now: datetime
) -> pl.DataFrame:
    """Return the candle frame of `rows`, whose `symbol` column says whose each row is; rows of others are dropped."""
    whose = rows.partition_by("symbol", as_dict=True)
    frames = [candles_of_one(whose[one.symbol,], one, timeframe, now) for one in instruments if (one.symbol,) in whose]
    return pl.concat([empty_candles(), *frames])


def split_frame(told: object, instruments: Sequence[Instrument]) -> pl.DataFrame:
    """Return the split frame of the `splits` of an answer.

    Raises:
        Malformed: They are not what the contract says.
    """
    ids = {one.symbol: one.instrument_id for one in instruments}
    if not isinstance(told, list):
        raise Malformed(NAME, "an answer lacks its list of splits")
    try:
        rows = pl.DataFrame(told, schema={"symbol": pl.String(), "ex_date": pl.String(), "ratio": pl.Float64()})
        return rows.select(
            pl.col("symbol").replace_strict(ids, return_dtype=pl.Int32()).alias("instrument_id"),
            pl.col("ex_date").str.to_date("%Y-%m-%d"),
            "ratio",
            pl.lit(NAME).alias("provider"),
        )
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise Malformed(NAME, f"splits cannot be read: {str(error).splitlines()[0]}") from None
