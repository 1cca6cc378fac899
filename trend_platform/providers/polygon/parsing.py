"""From Polygon's aggregates to candles, in columns: `{"ticker", "resultsCount", "results": [{t, o, h, l, c, v, vw, n}]}`.

`t` is the bar's open in milliseconds, except in grouped daily answers, where it is the end of the window and the date
comes from the request. A day of shares opens at midnight New York, a day of crypto or currencies at midnight UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import INSTANT, Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.symbols import ticker_of
from trend_platform.providers.records import candle_frame, typed_columns, unreadable
from trend_platform.providers.spelling import ids_by

_NUMBERS = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "vw": "vwap"}
BAR_SCHEMA = pl.Schema({"t": pl.Int64(), **dict.fromkeys(_NUMBERS, pl.Float64()), "n": pl.Int64()})
_GROUPED_ROW = pl.Schema({"T": pl.String(), **BAR_SCHEMA})
_RENAMED = {**_NUMBERS, "n": "trade_count"}
# Milliseconds of the year 2096: a larger stamp is in another unit and means nothing.
_FAR_MS = 4_000_000_000_000
_NEW_YORK_DAYS = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.INDEX})


@dataclass(frozen=True, slots=True)
class Parsed:
    """Candles and what could not be made one.

    Attributes:
        candles: Candle frame.
        rejected: Quarantine frame.
    """

    candles: pl.DataFrame
    rejected: pl.DataFrame


def parse_aggregates(
    document: object,
    instrument: Instrument,
    timeframe: Timeframe,
    now: datetime,
    settles_after: timedelta,
    columns: pl.DataFrame | None = None,
) -> Parsed:
    """Read the bars of one instrument.

    Args:
        document: The answer's JSON.
        instrument: Whose bars were asked.
        timeframe: The length of the bars that were asked.
        now: The present instant.
        settles_after: How long after its close a bar may still change.
        columns: The document's rows where they were read already (`BAR_SCHEMA`), each with its time.

    Raises:
        Malformed: The document holds no bars, or another ticker's.
        GranularityMismatch: The bars do not begin where bars of that length do.
    """
    rows = _results(document)
    columns = typed_columns(rows, BAR_SCHEMA) if columns is None else columns
    _check_ticker(document, instrument, columns.height)
    is_readable = columns["t"].abs().fill_null(_FAR_MS) < _FAR_MS
    numbers = [] if is_readable.all() else (~is_readable).arg_true().to_list()
    readable = columns.filter(is_readable) if numbers else columns
    stamped = readable.select(
        _stamp(instrument, timeframe),
        pl.lit(instrument.instrument_id).alias("instrument_id"),
        *(pl.col(short).alias(name) for short, name in _RENAMED.items()),
    )
    _check_granularity(stamped, instrument, timeframe)
    candles = candle_frame(
        stamped,
        timeframe=timeframe,
        provider=NAME,
        basis=Basis.RAW,
        calendar=get_calendar(instrument.calendar),
        settles_after=settles_after,
        now=now,
    )
    one = instrument.instrument_id
    return Parsed(candles, unreadable(rows, numbers, instrument_id=one, timeframe=timeframe, provider=NAME, now=now))


def parse_grouped(
    document: object,
    instruments: Mapping[str, Instrument],
    opened_at: datetime,
    now: datetime,
    settles_after: timedelta,
) -> pl.DataFrame:
    """Read one day of a whole market and return the candle frame of the instruments that were asked.

    Args:
        document: The answer's JSON.
        instruments: The asked instruments, of one calendar, by Polygon's ticker.
        opened_at: Midnight UTC of the day that was asked; the answer's own stamps mark the end of the window.
        now: The present instant.
        settles_after: How long after its close a bar may still change.

    Raises:
        Malformed: The document holds no bars.
    """
    ids = ids_by("T", instruments)
    columns = typed_columns(_results(document), _GROUPED_ROW).join(ids, on="T", how="inner").rename(_RENAMED)
    return candle_frame(
        columns.with_columns(pl.lit(opened_at, dtype=INSTANT).alias("opened_at")),
        timeframe=Timeframe.D1,
        provider=NAME,
        basis=Basis.RAW,
        calendar=get_calendar(next(iter(instruments.values())).calendar),
        settles_after=settles_after,
        now=now,
    )


def _results(document: object) -> list[object]:
    if isinstance(document, Mapping) and "resultsCount" in document:
        # No trades at all: the count is zero and the list is absent.
        rows = document.get("results") or []
        if isinstance(rows, list):
            return rows
    raise Malformed(NAME, "the answer holds no bars: expected an object with `resultsCount` and a list of `results`")


def _check_ticker(document: object, instrument: Instrument, count: int) -> None:
    told = document.get("ticker") if isinstance(document, Mapping) else None
    asked = ticker_of(instrument)
    if told != asked and (count or told is not None):
        raise Malformed(NAME, f"the answer holds bars of {told!r} where those of {asked!r} were asked")


def _stamp(instrument: Instrument, timeframe: Timeframe) -> pl.Expr:
    opened = pl.from_epoch("t", time_unit="ms").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if timeframe is Timeframe.D1 and instrument.asset_class in _NEW_YORK_DAYS:
        local = opened.dt.convert_time_zone("America/New_York").dt.replace_time_zone(None)
        return local.dt.replace_time_zone("UTC").alias("opened_at")
    return opened.alias("opened_at")


def _check_granularity(stamped: pl.DataFrame, instrument: Instrument, timeframe: Timeframe) -> None:
    stamps = stamped["opened_at"]
    step = timedelta(days=1) if timeframe is Timeframe.D1 else timeframe.step
    aligned = (stamps.cast(pl.Int64) % int(step / timedelta(microseconds=1)) == 0).all()
    # Bars of days are aligned to any shorter length as well; they give themselves away by all beginning at midnight.
    is_daily = timeframe.is_intraday and stamps.len() > 2 and _all_midnight(stamps, instrument)
    if not aligned or is_daily:
        raise GranularityMismatch(
            NAME,
            f"bars of {instrument.symbol} do not begin where {timeframe} ones do (the first is stamped {stamps[0]}): "
            "the provider answered another length than was asked",
        )


def _all_midnight(stamps: pl.Series, instrument: Instrument) -> bool:
    zone = "America/New_York" if instrument.asset_class in _NEW_YORK_DAYS else "UTC"
    return bool((stamps.dt.convert_time_zone(zone).dt.time() == time()).all())
