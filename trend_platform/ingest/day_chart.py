"""The 1D chart: which hours of an instrument it spans at an instant, and its JSON from the stored hourly candles.

Its JSON is that of every range series (`ingest.series`) with timeframe `1h`; forming candles say `is_final: false`. Asking
for the hours lives in `hourly`, reading through the cache in `read`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

import orjson
import polars as pl

from trend_platform.domain.actions import split_adjusted, splits_known_by
from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.series import SERIES_COLUMNS
from trend_platform.ingest.workshop import Workshop

HOURS_OF_A_DAY = 24
_HOUR = timedelta(hours=1)


def chart_window(calendar: TradingCalendar, now: datetime) -> Interval:
    """Return the span of the 1D chart at `now`: the session under way or, before the next open, the last one.

    A venue that never closes has its last 24 hours instead, the one that is forming included.
    """
    if calendar.always_open:
        hour = now.replace(minute=0, second=0, microsecond=0)
        return Interval(hour - (HOURS_OF_A_DAY - 1) * _HOUR, hour + _HOUR)
    index = _session(calendar, now)
    return Interval(from_us(calendar.opens[index]), from_us(calendar.closes[index]))


def chart_day(calendar: TradingCalendar, now: datetime) -> date:
    """Return the day the 1D chart at `now` is of: its session's date; for a venue that never closes, today in UTC."""
    return now.date() if calendar.always_open else from_us(calendar.sessions[_session(calendar, now)]).date()


def day_charts(workshop: Workshop, instruments: Sequence[Instrument]) -> dict[str, bytes]:
    """Return the JSON of the 1D chart of each instrument by symbol, from the database; one without candles is empty."""
    now = workshop.clock.now()
    by_calendar = groupby(sorted(instruments, key=lambda one: one.calendar), key=lambda one: one.calendar)
    return {
        symbol: payload
        for name, members in by_calendar
        for symbol, payload in _charts_of(workshop, get_calendar(name), tuple(members), now)
    }


def put_day_charts(workshop: Workshop, instruments: Sequence[Instrument]) -> tuple[int, int]:
    """Write the 1D charts to the cache in one pipeline; return how many were written, and skipped because it is down."""
    charts = day_charts(workshop, instruments)
    skipped = workshop.cache.put({(symbol, Range.D1): payload for symbol, payload in charts.items()})
    return len(charts) - skipped, skipped


def _session(calendar: TradingCalendar, now: datetime) -> int:
    return max(0, int(calendar.opens.searchsorted(to_us(now), side="right")) - 1)


def _charts_of(
    workshop: Workshop, calendar: TradingCalendar, instruments: Sequence[Instrument], now: datetime
) -> Iterator[tuple[str, bytes]]:
    market, ids = workshop.storage.market, [one.instrument_id for one in instruments]
    candles = market.candles(ids, Timeframe.H1, chart_window(calendar, now))
    day = chart_day(calendar, now)
    rows = _rows(_adjusted(candles, splits_known_by(market.splits(ids), now), calendar, day))
    for one in instruments:
        yield one.symbol, _json(one.symbol, day, rows.get(one.instrument_id, []))


def _adjusted(candles: pl.DataFrame, splits: pl.DataFrame, calendar: TradingCalendar, day: date) -> pl.DataFrame:
    if calendar.always_open:
        return split_adjusted(candles, splits)
    # Hours count as their session's day, which east of Greenwich may begin on the evening before, UTC.
    of_the_day = candles.with_columns(pl.lit(midnight(day)).cast(candles.schema["opened_at"]).alias("opened_at"))
    return split_adjusted(of_the_day, splits).with_columns(candles["opened_at"])


def _rows(candles: pl.DataFrame) -> Mapping[int, list[Mapping[str, object]]]:
    told = candles.select("instrument_id", *SERIES_COLUMNS).with_columns(
        pl.col("opened_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    ids: Iterable[int] = told["instrument_id"].to_list()
    rows: dict[int, list[Mapping[str, object]]] = {}
    for one, row in zip(ids, told.drop("instrument_id").iter_rows(named=True), strict=True):
        rows.setdefault(one, []).append(row)
    return rows


def _json(symbol: str, day: date, rows: Sequence[Mapping[str, object]]) -> bytes:
    head = {"symbol": symbol, "range": Range.D1.value, "timeframe": Timeframe.H1.value, "basis": "split"}
    return orjson.dumps({**head, "as_of": day.isoformat(), "candles": rows})
