"""Reading MAX of one symbol adjusted, beside reading the same candles raw.

60 years of days with quarterly dividends and seven splits, in a table that holds others as well; reads alternate, the quickest of
each way counts. Adjusting includes reading what happened to the share.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.actions import ACTION_SCHEMA, Adjustment, empty_actions
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import as_candles
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range, range_window
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.adjusting import read_adjusted
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.base import PriceKind
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.store import TimescaleStorage, open_timescale
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
ROUNDS, OTHERS, SPLITS, DIVIDENDS = 40, 20, 7, 258


def measure(found: services.Services) -> list[Figure]:
    """Return the time of adjusted reads in terms of raw ones."""
    url = SecretStr(services.create_database(found, "bench_adjusted"))
    migrate(url, PriceKind.REAL)
    storage = open_timescale(url)
    try:
        share = _filled(storage)
        clock = ManualClock(NOW)
        workshop = Workshop(storage, MemorySeriesCache(clock), MemoryPriceCache(clock), (), clock)
        window = range_window(Range.MAX, NOW.date())
        whole = read_adjusted(workshop, share, Timeframe.D1, window, Adjustment.ALL)
        if (whole.splits.height, whole.dividends["factor"].count()) != (SPLITS, DIVIDENDS):
            raise AssertionError(f"not everything was applied: {whole.notes}")
        best = _quickest(workshop, share, window)
    finally:
        storage.close()
    raw = best[Adjustment.RAW]
    return [
        Figure(f"read MAX of one symbol, {how.value}", best[how] * 1e3, raw * 1e3, "ms", "raw read", at_most=1.5)
        for how in (Adjustment.SPLIT, Adjustment.ALL)
    ]


def _quickest(workshop: Workshop, share: Instrument, window: Interval) -> dict[Adjustment, float]:
    best = dict.fromkeys(Adjustment, float("inf"))
    for _ in range(ROUNDS):
        for how in Adjustment:
            took = _timed(partial(read_adjusted, workshop, share, Timeframe.D1, window, how))
            best[how] = min(best[how], took)
    return best


def _filled(storage: TimescaleStorage) -> Instrument:
    symbols = [Instrument(0, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(OTHERS + 1)]
    shares = storage.universe.add(symbols)
    for one in shares:
        with storage.market.begin(1) as transaction:
            transaction.lock([one.instrument_id])
            transaction.upsert(_days(one.instrument_id))
    storage.actions.record(_actions(shares[0].instrument_id), empty_actions())
    return shares[0]


def _days(one: int) -> pl.DataFrame:
    sessions = get_calendar("XNYS").sessions_in(range_window(Range.MAX, NOW.date()))
    low = np.random.default_rng(one).random(len(sessions)) + 90
    said = {"timeframe": "1d", "provider": "bench", "basis": "raw", "is_final": True, "volume": 1e6}
    at = pl.Series(sessions).cast(pl.Datetime("us", "UTC"))
    prices = {"open": low + 1, "high": low + 3, "low": low, "close": low + 2}
    frame = pl.DataFrame({"instrument_id": np.full(len(low), one), "opened_at": at, "fetched_at": at, **prices})
    return as_candles(frame.with_columns(pl.lit(value).alias(name) for name, value in said.items()))


def _actions(one: int) -> pl.DataFrame:
    first = date(1962, 3, 1)
    paid = [(first + timedelta(days=91 * nth), None, 0.5) for nth in range(DIVIDENDS)]
    split = [(first + timedelta(days=3200 * nth), 2.0, None) for nth in range(SPLITS)]
    rows = [
        (one, "split" if ratio else "dividend", day, ratio, amount, "USD", "", "bench", NOW)
        for day, ratio, amount in (*paid, *split)
    ]
    return pl.DataFrame(rows, schema=ACTION_SCHEMA, orient="row")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
