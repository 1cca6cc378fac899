"""Frames to roll up, and the slow, obvious way to do it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl

from trend_platform.domain.calendars import TradingCalendar, get_calendar, to_us
from trend_platform.domain.candles import INSTANT, as_candles
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup import Setting
from trend_platform.domain.timeframes import Timeframe

FETCHED = datetime(2026, 1, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
EVER = Interval(datetime(1962, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def setting(calendar: str = "24/7", **changed: object) -> Setting:
    """What is known of a series: all periods are over, nothing is known to be absent."""
    return Setting(**({"calendar": get_calendar(calendar), "now": LATER, "lifetime": EVER} | changed))


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def series(opens: Sequence[int], timeframe: Timeframe = Timeframe.M1, seed: int = 1, **columns: object) -> pl.DataFrame:
    """Candles of instrument 1 at these stamps (microseconds), whole volumes; `columns` replace what they say."""
    made = np.random.default_rng(seed)
    count = len(opens)
    low = made.integers(90, 100, count).astype(float)
    high = made.integers(100, 110, count).astype(float)
    said = {
        "instrument_id": 1,
        "timeframe": timeframe.value,
        "opened_at": pl.Series(np.asarray(opens, dtype=np.int64)).cast(INSTANT),
        "open": pl.Series(made.uniform(low, high)),
        "high": pl.Series(high),
        "low": pl.Series(low),
        "close": pl.Series(made.uniform(low, high)),
        "volume": pl.Series(made.integers(0, 1000, count).astype(float)),
        "vwap": pl.Series(made.uniform(low, high)),
        "trade_count": pl.Series(made.integers(0, 50, count)),
        "provider": "bitfinex",
        "basis": "raw",
        "is_final": True,
        "fetched_at": FETCHED,
    }
    return as_candles(pl.select(**{name: _literal(value) for name, value in (said | columns).items()}))


def minutes(start: str, end: str, calendar: str = "24/7", timeframe: Timeframe = Timeframe.M1, **columns: object):
    """All candles the calendar expects in a span."""
    opens = get_calendar(calendar).candle_opens(timeframe, Interval(at(start), at(end)))
    return series(list(opens), timeframe, **columns)


def slowly(candles: pl.DataFrame, target: Timeframe, calendar: str) -> list[tuple[object, ...]]:
    """Stamp, open, high, low, close, volume and number of parts of each coarser candle, row by row."""
    venue = get_calendar(calendar)
    rows: dict[int, list[dict[str, object]]] = {}
    for row in candles.iter_rows(named=True):
        home = _home(venue, target, to_us(row["opened_at"]))
        if home is not None:
            rows.setdefault(home, []).append(row)
    return [
        (
            stamp,
            parts[0]["open"],
            max(part["high"] for part in parts),
            min(part["low"] for part in parts),
            parts[-1]["close"],
            None if any(part["volume"] is None for part in parts) else sum(part["volume"] for part in parts),
            len(parts),
        )
        for stamp, parts in sorted(rows.items())
    ]


def briefly(rolled: pl.DataFrame) -> list[tuple[object, ...]]:
    """A rolled frame in the columns of `slowly`."""
    stamps = rolled.with_columns(pl.col("opened_at").to_physical())
    return stamps.select("opened_at", "open", "high", "low", "close", "volume", "parts").rows()


def _home(venue: TradingCalendar, target: Timeframe, instant: int) -> int | None:
    sessions = np.flatnonzero((venue.opens <= instant) & (instant < venue.closes))
    if not len(sessions):
        return None
    if target.is_intraday:
        (inside,) = np.nonzero((venue.stretch_opens <= instant) & (instant < venue.stretch_closes))
        if not len(inside):
            return None
        step = target.step.total_seconds() * 1e6
        since = int(venue.stretch_opens[inside[0]])
        return since + int((instant - since) // step * step)
    day = datetime.fromtimestamp(int(venue.sessions[sessions[0]]) / 1e6, UTC)
    if target is Timeframe.W1:
        return to_us(day) - day.weekday() * 86_400_000_000
    return to_us(day.replace(day=1) if target is Timeframe.MO1 else day)


def _literal(value: object) -> pl.Series | pl.Expr:
    return value if isinstance(value, pl.Series) else pl.lit(value)
