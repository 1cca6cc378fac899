"""From Twelve Data's rows of text to candles, in columns: `{"meta": {...}, "values": [{datetime, open, ..., volume}]}`.

All values are text. `datetime` is the open: a date for days, else a time in the zone that was asked, which is UTC. `meta`
says whose bars these are, and on which exchange: one symbol means other shares elsewhere.
"""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.records import typed_columns
from trend_platform.providers.stamped import Origin, Stamped, day_of_text, stamped
from trend_platform.providers.twelvedata.classing import NAME
from trend_platform.providers.twelvedata.symbols import SHARES, ticker_of

INTERVALS = {
    Timeframe.M1: "1min",
    Timeframe.M5: "5min",
    Timeframe.M15: "15min",
    Timeframe.M30: "30min",
    Timeframe.H1: "1h",
    Timeframe.H4: "4h",
    Timeframe.D1: "1day",
}
"""The name of each length of bars that is asked for."""

_VALUES = ("open", "high", "low", "close", "volume")
_ROW = pl.Schema({"datetime": pl.String(), **dict.fromkeys(_VALUES, pl.String())})


def parse_series(document: object, origin: Origin) -> Stamped:
    """Read the bars of one instrument.

    Raises:
        Malformed: The document holds no bars, another symbol's, or those of another market.
        GranularityMismatch: It says they are of another length.
    """
    meta, rows = _parts(document)
    _check(meta, origin)
    text = typed_columns(rows, _ROW)
    opened_at = (
        day_of_text("datetime")
        if origin.timeframe is Timeframe.D1
        else pl.col("datetime").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).dt.replace_time_zone("UTC")
    )
    columns = text.with_columns(
        opened_at.cast(INSTANT).alias("opened_at"), *(pl.col(name).cast(pl.Float64, strict=False) for name in _VALUES)
    )
    return stamped(columns, origin)


def _parts(document: object) -> tuple[Mapping[str, object], list[object]]:
    if isinstance(document, Mapping):
        meta, rows = document.get("meta"), document.get("values")
        if isinstance(meta, Mapping) and isinstance(rows, list):
            return meta, rows
    raise Malformed(NAME, "the answer holds no bars: expected an object with `meta` and a list of `values`")


def _check(meta: Mapping[str, object], origin: Origin) -> None:
    instrument = origin.instrument
    asked, told = ticker_of(instrument), meta.get("symbol")
    if told != asked:
        raise Malformed(NAME, f"the answer holds bars of {told!r} where those of {asked!r} were asked")
    if meta.get("interval") != INTERVALS[origin.timeframe] or "indicator" in meta:
        raise GranularityMismatch(
            NAME,
            f"{instrument.symbol}: answered {meta.get('interval')!r} bars where {origin.timeframe} ones were asked",
        )
    zone = get_calendar(instrument.calendar).timezone
    if instrument.asset_class in SHARES and meta.get("exchange_timezone", zone) != zone:
        raise Malformed(
            NAME,
            f"{asked} is ambiguous: the answer is of {meta.get('exchange')} ({meta.get('exchange_timezone')}), asked was the one "
            f"traded on {instrument.calendar} ({zone})",
        )
