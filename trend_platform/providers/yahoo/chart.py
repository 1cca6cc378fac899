"""From Yahoo's charts to candles, in columns: `{"chart": {"result": [{"meta", "timestamp", "events", "indicators"}]}}`.

`timestamp` is the bar's open in seconds; a day of shares is stamped with the session's opening and is taken by its date in
the exchange's zone. The last row may be the present instant: within a day it is left out, of a day it is the latest word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trend_platform.domain.calendars import DAY_US, Instants, from_us, get_calendar
from trend_platform.domain.candles import INSTANT, PRICES, Basis, empty_candles
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.arrays import SECOND_US, Numbers, numbers_of
from trend_platform.providers.base import Capabilities
from trend_platform.providers.records import unreadable
from trend_platform.providers.stamped import FAR_SECONDS, Origin, stamped
from trend_platform.providers.yahoo.classing import NAME
from trend_platform.providers.yahoo.restoring import Days, factors_of, read_splits, restored_prices, restored_volumes

GRANULARITIES = {
    Timeframe.M1: "1m",
    Timeframe.M5: "5m",
    Timeframe.M15: "15m",
    Timeframe.H1: "1h",
    Timeframe.D1: "1d",
}
"""How Yahoo names the lengths it serves. `30m` is not among them: its half hours are known to be wrong (yfinance asks 15m)."""

_FIELDS = (*PRICES, "volume")
# What is traded in coins and currencies: their volumes are turnovers in the quote currency, or zero.
_WITHOUT_VOLUME = frozenset({AssetClass.CRYPTO, AssetClass.FOREX})
_STRAYS = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """One result of an answer, read as far as its envelope.

    Attributes:
        result: The result, as JSON.
        zone: The exchange's zone.
        granularity: The length of its bars, in Yahoo's words.
        decimals: Decimals its prices have at most.
        splits: Split frame, sorted by day.
    """

    result: Mapping[str, object]
    zone: ZoneInfo
    granularity: str
    decimals: int
    splits: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Bars:
    """Candles and what could not be made one.

    Attributes:
        candles: Candle frame.
        rejected: Quarantine frame.
        strays: Rows left out because they begin where no candle does, such as the present instant.
    """

    candles: pl.DataFrame
    rejected: pl.DataFrame
    strays: int = 0


def read_chart(document: object, instrument: Instrument, ticker: str) -> Chart:
    """Read the envelope of a chart.

    Args:
        document: The answer's JSON.
        instrument: Whose chart was asked.
        ticker: Yahoo's symbol of it.

    Raises:
        Malformed: It is no chart, another symbol's, or one in hundredths of a currency.
    """
    inner = document.get("chart") if isinstance(document, Mapping) else None
    results = inner.get("result") if isinstance(inner, Mapping) else None
    result = results[0] if isinstance(results, list) and results else None
    meta = result.get("meta") if isinstance(result, Mapping) else None
    if not isinstance(result, Mapping) or not isinstance(meta, Mapping):
        raise Malformed(NAME, "the answer holds no chart: expected `chart.result` with `meta`")
    if str(meta.get("symbol", "")).upper() != ticker.upper():
        raise Malformed(NAME, f"the answer holds bars of {meta.get('symbol')!r} where those of {ticker!r} were asked")
    _check_currency(str(meta.get("currency") or ""), instrument)
    zone, hint = _zone(meta), meta.get("priceHint")
    decimals = (hint if isinstance(hint, int) and 0 <= hint <= 6 else 2) + 2
    splits = read_splits(result, instrument.instrument_id, zone)
    return Chart(result, zone, str(meta.get("dataGranularity", "")), decimals, splits)


def read_bars(
    chart: Chart,
    instrument: Instrument,
    timeframe: Timeframe,
    splits: pl.DataFrame,
    capabilities: Capabilities,
    now: datetime,
) -> Bars:
    """Read the bars of a chart and restore the prices that were traded.

    Args:
        chart: As `read_chart` returns it.
        instrument: Whose chart it is.
        timeframe: The length of the bars that were asked.
        splits: Split frame of the instrument: all its splits between these bars and `now`.
        capabilities: The provider's, for how long a candle takes to settle.
        now: The present instant.

    Raises:
        Malformed: The columns do not fit together.
        GranularityMismatch: The bars are of another length.
    """
    columns = _columns(chart.result)
    if columns is None:
        return Bars(empty_candles(), empty_quarantine())
    if chart.granularity != GRANULARITIES[timeframe]:
        raise GranularityMismatch(
            NAME, f"answered bars of {chart.granularity or 'no named length'} where {timeframe} ones were asked"
        )
    # Rows of nothing stand for days and minutes without trades.
    traded = np.isfinite(columns[1:5]).any(axis=0)
    is_timed = np.abs(columns[0]) < FAR_SECONDS
    timed = columns[:, traded & is_timed]
    days = _days_of(timed[0], chart.zone)
    opened = days.astype(np.int64) * DAY_US if timeframe is Timeframe.D1 else timed[0].astype(np.int64) * SECOND_US
    placed = _places(opened, instrument, timeframe)
    known = splits.filter(pl.col("ex_date") <= now.astimezone(chart.zone).date())
    restored = _restored(timed[1:, placed], factors_of(days[placed], known), instrument, chart.decimals)
    origin = Origin(NAME, instrument, timeframe, Basis.RAW, capabilities.settling(timeframe), now)
    candles = stamped(restored.with_columns(pl.Series("opened_at", opened[placed]).cast(INSTANT)), origin).candles
    rejected = _rejected(columns, np.flatnonzero(traded & ~is_timed), instrument, timeframe, now)
    return Bars(candles, rejected, len(opened) - len(placed) if timeframe.is_intraday else 0)


def _check_currency(currency: str, instrument: Instrument) -> None:
    # GBp, ZAc, ILA and USX are hundredths; every other code is written in capitals.
    if currency != currency.upper() or currency in {"ILA", "USX"}:
        raise Malformed(
            NAME,
            f"prices of {instrument.symbol} are in {currency}, hundredths of a currency, and its latest prices do not say so: "
            "ask another provider, or import files",
        )


def _zone(meta: Mapping[str, object]) -> ZoneInfo:
    name = str(meta.get("exchangeTimezoneName") or "")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Malformed(NAME, f"the chart names no time zone: `exchangeTimezoneName` is {name!r}") from None


def _columns(result: Mapping[str, object]) -> Numbers | None:
    # The time and the five values of each row, one above the other. `timestamp` is absent, and the quote an empty object,
    # where there is no bar at all.
    stamps, indicators = result.get("timestamp"), result.get("indicators")
    quotes = indicators.get("quote") if isinstance(indicators, Mapping) else None
    quote = quotes[0] if isinstance(quotes, list) and quotes else None
    if stamps is None and not quote:
        return None
    if not isinstance(stamps, list) or not isinstance(quote, Mapping):
        raise Malformed(NAME, "the chart holds no bars: expected a list `timestamp` and `indicators.quote`")
    values = [quote.get(name) or [None] * len(stamps) for name in _FIELDS]
    if any(not isinstance(column, list) or len(column) != len(stamps) for column in values):
        raise Malformed(NAME, f"the chart's columns do not fit its {len(stamps)} time stamps")
    return np.stack([numbers_of(column) for column in (stamps, *values)])


def _rejected(
    columns: Numbers, numbers: NDArray[np.int64], instrument: Instrument, timeframe: Timeframe, now: datetime
) -> pl.DataFrame:
    told = columns.T.tolist() if len(numbers) else []
    one = instrument.instrument_id
    return unreadable(told, numbers.tolist(), instrument_id=one, timeframe=timeframe, provider=NAME, now=now)


def _days_of(seconds: Numbers, zone: ZoneInfo) -> Days:
    at = pl.Series("at", seconds.astype(np.int64) * SECOND_US).cast(INSTANT)
    return at.to_frame().select(pl.col("at").dt.convert_time_zone(zone.key).dt.date())["at"].to_numpy()


def _places(opened: Instants, instrument: Instrument, timeframe: Timeframe) -> NDArray[np.int64]:
    # Which rows begin a candle; of two that begin the same one, the later row is the latest word. Within a day, the present
    # instant is a row of its own, and so is the moment of the close: neither begins a candle.
    if not len(opened):
        return np.empty(0, dtype=np.int64)
    begins = np.arange(len(opened))
    if timeframe.is_intraday:
        span = Interval(from_us(opened.min()), from_us(opened.max() + 1))
        marks = get_calendar(instrument.calendar).candle_opens(timeframe, span)
        begins = np.flatnonzero(np.isin(opened, marks))
        _check_strays(len(opened) - len(begins), len(opened), instrument, timeframe)
    _, last = np.unique(opened[begins][::-1], return_index=True)
    return begins[::-1][last]


def _check_strays(strays: int, count: int, instrument: Instrument, timeframe: Timeframe) -> None:
    if strays > max(_STRAYS, count // 2):
        raise GranularityMismatch(
            NAME, f"{strays} of {count} bars of {instrument.symbol} do not begin where {timeframe} ones do"
        )


def _restored(values: Numbers, factors: Numbers, instrument: Instrument, decimals: int) -> pl.DataFrame:
    prices = restored_prices(values[:4], factors, decimals)
    has_volume = instrument.asset_class not in _WITHOUT_VOLUME
    told = [*prices, *([restored_volumes(values[4], factors)] if has_volume else [])]
    return pl.DataFrame(
        [pl.Series(name, column, nan_to_null=True) for name, column in zip(_FIELDS, told, strict=False)]
    )
