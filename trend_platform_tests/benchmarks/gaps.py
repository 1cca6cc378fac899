"""Gaps of 500 instruments with a year of minutes, 49 million expected candles, found from the ledger beside counting rows.

The ledger is as a year of fetching leaves it: some hundred gaps per series. Rows are stored of two tables, a small and a large one,
to show that a question about coverage costs the same beside both.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import psycopg
from pydantic import SecretStr

from trend_platform.domain.calendars import from_us
from trend_platform.domain.counting import get_counter
from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.gaps import GapSelection, detect
from trend_platform.storage.base import PriceKind
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.world import World, open_world

INSTRUMENTS, GAPS, ROUNDS = 500, 200, 3
SECONDS, QUESTION_SECONDS = 5.0, 0.05
ROWS = 2_000_000
YEAR = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
_MINUTE = timedelta(minutes=1)


def measure(found: services.Services) -> list[Figure]:
    """Return what finding all gaps and one question take, beside their limits and beside counting rows."""
    world = open_world(services.create_database(found, "bench_gaps"), found.redis_url(63), PriceKind.SIMULATED)
    try:
        one = _fill(world)
        selection = GapSelection(end=YEAR.end)
        everything = detect(world.workshop(), selection)
        expected = int(everything.series["expected"].sum())
        took = _seconds(lambda: detect(world.workshop(), selection))
        question = GapSelection((one.symbol,), (Timeframe.M1,), YEAR.start, YEAR.end)
        before = _seconds(lambda: detect(world.workshop(), question))
        _store_rows(world, one)
        after = _seconds(lambda: detect(world.workshop(), question))
        counting = _seconds(lambda: world.storage.market.count_candles(Timeframe.M1, {one.instrument_id: YEAR}))
    finally:
        world.close()
    rows = f"beside {ROWS:,} rows"
    return [
        Figure(f"gaps of {expected:,} expected candles", took * 1000, SECONDS * 1000, "ms", "limit", at_most=1.0),
        Figure("one coverage question", before * 1000, QUESTION_SECONDS * 1000, "ms", "limit", at_most=1.0),
        Figure(f"the same {rows}", after * 1000, QUESTION_SECONDS * 1000, "ms", "limit", at_most=1.0),
        Figure(f"the same {rows}", after * 1000, counting * 1000, "ms", "counting its rows"),
    ]


def _fill(world: World) -> Instrument:
    made = [Instrument(0, f"S{number:03}", AssetClass.STOCK, "XNYS") for number in range(INSTRUMENTS)]
    instruments = world.storage.universe.add(made)
    ledgers = {one.instrument_id: _ledger(one.instrument_id) for one in instruments}
    with world.storage.market.begin(1) as transaction:
        transaction.replace_ledgers(Timeframe.M1, {}, ledgers)
    return instruments[0]


def _ledger(one: int) -> Ledger:
    counter, at = get_counter("XNYS", Timeframe.M1), YEAR.end
    first = int(counter.before(np.array([int(YEAR.start.timestamp() * 1e6)]))[0])
    numbers = np.sort(np.random.default_rng(one).choice(counter.count_in(YEAR), GAPS, replace=False))
    gaps = tuple(
        Gap(
            one,
            Timeframe.M1,
            Interval(stamp, stamp + _MINUTE),
            1,
            GapReason.NO_TRADES,
            "a",
            "2 pages, 19998 rows",
            2,
            at,
            at,
            at,
        )
        for stamp in map(from_us, counter.stamps(numbers + first))
    )
    return Ledger((Span(one, Timeframe.M1, YEAR, "a", at),), gaps)


def _store_rows(world: World, one: Instrument) -> None:
    # Whose rows they are matters to the table's size alone.
    statement = (
        "INSERT INTO market.candles_intraday SELECT %(one)s, '1m', at, 1, 1, 1, 1, 1, NULL, NULL, 'simulated', 'raw', true, now() "
        "FROM generate_series(%(start)s::timestamptz, %(start)s::timestamptz + %(rows)s * interval '1 minute' - interval '1 minute', "
        "interval '1 minute') AS at"
    )
    with psycopg.connect(SecretStr(world.database_url).get_secret_value()) as connection:
        start = YEAR.end - ROWS * _MINUTE
        connection.execute(statement, {"one": one.instrument_id, "start": start, "rows": ROWS})


def _seconds(work: Callable[[], object]) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    once()
    return median(once() for _ in range(ROUNDS))
