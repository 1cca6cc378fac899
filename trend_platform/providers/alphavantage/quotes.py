"""Alpha Vantage's latest prices: a share's last close, a pair's exchange rate. Which call is made is the provider's.

Shapes: `{"Global Quote": {"05. price": "1.0", "07. latest trading day": "2026-11-19"}}`, empty for an unknown symbol, and
`{"Realtime Currency Exchange Rate": {"5. Exchange Rate": "1.1", "6. Last Refreshed": "...", "7. Time Zone": "UTC"}}`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.instruments import Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.alphavantage.classing import NAME
from trend_platform.providers.alphavantage.symbols import canonical_of, pair_of

_GLOBAL, _RATE = "Global Quote", "Realtime Currency Exchange Rate"
_ROW = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "quoted_at": INSTANT,
        "price": pl.Float64(),
        "previous_close": pl.Float64(),
        "bid": pl.Float64(),
        "ask": pl.Float64(),
    }
)


def read_global_quote(document: object, one: Instrument, now: datetime) -> pl.DataFrame:
    """Return the row of a share's quote; its time is the close of the trading day it tells, null while that lies ahead.

    Raises:
        Malformed: The document holds no quote, or another symbol's.
    """
    told = _fields(document, _GLOBAL)
    symbol = told.get("symbol")
    if symbol is not None and canonical_of(str(symbol)) != one.symbol:
        raise Malformed(NAME, f"the answer quotes {symbol!r} where {one.symbol} was asked")
    closed_at = _close_of(told.get("latest trading day"), one)
    quoted_at = closed_at if closed_at is not None and closed_at <= now else None
    return _row(one, quoted_at, told.get("price"), previous=told.get("previous close"))


def read_rate(document: object, one: Instrument) -> pl.DataFrame:
    """Return the row of a pair's exchange rate, with bid and ask.

    Raises:
        Malformed: The document holds no rate, or another pair's.
    """
    told = _fields(document, _RATE)
    pair = told.get("From_Currency Code"), told.get("To_Currency Code")
    if told and pair != pair_of(one):
        raise Malformed(NAME, f"the answer quotes {pair[0]}/{pair[1]} where {one.symbol} was asked")
    quoted_at = _utc(told.get("Last Refreshed")) if told.get("Time Zone") == "UTC" else None
    return _row(one, quoted_at, told.get("Exchange Rate"), bid=told.get("Bid Price"), ask=told.get("Ask Price"))


def _fields(document: object, name: str) -> dict[str, object]:
    # Keys are numbered, as `05. price`; an empty object is an unknown symbol.
    inner = document.get(name, {}) if isinstance(document, Mapping) and set(document) <= {name} else None
    if not isinstance(inner, Mapping):
        raise Malformed(NAME, f"the answer holds no quote: expected an object with {name!r}")
    return {str(key).partition(". ")[2]: value for key, value in inner.items()}


def _close_of(text: object, one: Instrument) -> datetime | None:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    calendar = get_calendar(one.calendar)
    return calendar.session_close(day) if calendar.is_session(day) else None


def _utc(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _row(
    one: Instrument,
    quoted_at: datetime | None,
    price: object,
    *,
    previous: object = None,
    bid: object = None,
    ask: object = None,
) -> pl.DataFrame:
    numbers = [_number(value) for value in (price, previous, bid, ask)]
    return pl.DataFrame([(one.instrument_id, quoted_at, *numbers)], schema=_ROW, orient="row")


def _number(value: object) -> float | None:
    # Told as text; a price that is not known is `-`, and a zero is none.
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if number and math.isfinite(number) else None
