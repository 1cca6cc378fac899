"""Questions that are asked for every tick or every row: calendars, and the factors of splits."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import polars as pl

from trend_platform.domain.actions import SPLIT_SCHEMA, split_factors
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import as_candles
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

_BEGIN = midnight(date(1962, 1, 2))


def measure(_found: services.Services) -> list[Figure]:
    """Return what one question takes against what was asked of it."""
    calendar, now = get_calendar("XNYS"), datetime(2024, 3, 5, 15, tzinfo=UTC)
    five_years = Interval(midnight(date(2019, 3, 5)), midnight(date(2024, 3, 5)))
    long_life, one_split = _candles(1, 22_700), _splits([1], 7)
    crowd, few, many = _candles(500, 400), _splits([1], 2), _splits(range(1, 501), 2)
    return [
        _limit("is it open?", _best(lambda: calendar.is_open(now), 500), 5e-6),
        _limit("when does it open next?", _best(lambda: calendar.next_open(now), 500), 5e-6),
        _limit("sessions of five years", _best(lambda: calendar.candle_opens(Timeframe.D1, five_years), 200), 50e-6),
        _limit("split factors of sixty years of days", _best(lambda: split_factors(long_life, one_split), 5), 5e-3),
        Figure(
            "split factors of 200,000 rows, 1,000 splits",
            1e6 * _best(lambda: split_factors(crowd, many), 3),
            1e6 * _best(lambda: split_factors(crowd, few), 3),
            "µs",
            "two splits",
            at_most=20,
        ),
    ]


def _limit(name: str, seconds: float, limit: float) -> Figure:
    return Figure(name, 1e6 * seconds, 1e6 * limit, "µs", "limit", at_most=1.0)


def _best(work: Callable[[], object], times: int) -> float:
    def once() -> float:
        began = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - began) / times

    return min(once() for _ in range(5))


def _candles(instruments: int, days: int) -> pl.DataFrame:
    ids = pl.DataFrame({"instrument_id": range(1, instruments + 1)})
    stamps = pl.DataFrame({"day": range(days)}).select(opened_at=pl.lit(_BEGIN) + pl.col("day") * timedelta(days=1))
    return as_candles(
        ids.join(stamps, how="cross").with_columns(
            *(pl.lit(100.0).alias(price) for price in ("open", "high", "low", "close")),
            timeframe=pl.lit("1d"),
            provider=pl.lit("made"),
            basis=pl.lit("raw"),
            is_final=pl.lit(value=True),
            fetched_at=pl.lit(datetime(2024, 3, 5, tzinfo=UTC)),
        )
    )


def _splits(ids: Iterable[int], each: int) -> pl.DataFrame:
    rows = [(one, date(1963 + nth, 1, 2), 2.0, "made") for one in ids for nth in range(each)]
    return pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row")
