"""A second look at stored candles and hot series, over a store in memory and the simulated provider."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.ingest.audit import audit, compare_series
from trend_platform.ingest.backfill import backfill, wanted_of
from trend_platform.ingest.by_range import accounts_by_range
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import FaultSettings, SimulatedSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
RANGES = (Range.D7, Range.M1)


def workshop(*faults: FaultSettings) -> Workshop:
    clock = ManualClock(NOW)
    storage = open_memory(PriceKind.SIMULATED)
    add_symbols(storage.universe, ["AAPL", "SPY"])
    provider = SimulatedProvider(SimulatedSettings(faults=faults), clock)
    return Workshop(storage, MemorySeriesCache(clock), MemoryPriceCache(clock), (provider,), clock)


def filled(bench: Workshop) -> Wanted:
    wanted = wanted_of(bench, RANGES, (), NOW.date())
    drive(bench, backfill(bench, wanted))
    return wanted


def spoil(bench: Workshop, wanted: Wanted, *changes: pl.Expr) -> None:
    """Overwrite the first stored candle, past the rules."""
    first = wanted.instruments[0]
    stored = bench.storage.market.recent([first.instrument_id], wanted.timeframe, NOW, 1)
    with bench.storage.market.begin(1) as transaction:
        transaction.upsert(stored.with_columns(*changes))


def test_what_the_rules_let_through_is_sound() -> None:
    bench = workshop()
    found = audit(bench, filled(bench))
    assert found.unsound.is_empty()
    assert found.set_aside == 0
    assert found.rejected_share == 0
    assert found.looked_at > 40


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (pl.col("low").mul(0.5).alias("high"), "high_below_low"),
        (pl.lit(-1.0).alias("volume"), "negative_volume"),
        (pl.lit(float("nan")).alias("close"), "missing_price"),
    ],
)
def test_a_stored_candle_that_contradicts_itself_is_named_with_its_rule(change: pl.Expr, rule: str) -> None:
    bench = workshop()
    wanted = filled(bench)
    spoil(bench, wanted, change)
    found = audit(bench, wanted).unsound
    assert found.select("symbol", "day", "rule").rows() == [("AAPL", NOW.date(), rule)]
    assert found["reason"][0]


def test_what_was_set_aside_counts_until_something_good_is_in_its_place() -> None:
    bench = workshop(
        FaultSettings(kind="close_above_high", symbol="AAPL", start="2026-11-16", end="2026-11-21", times=1)
    )
    wanted = filled(bench)
    before = audit(bench, wanted)
    assert before.set_aside == 5
    assert 0 < before.rejected_share < 0.2
    drive(bench, backfill(bench, replace(wanted, refresh=True)))
    assert audit(bench, wanted).set_aside == 0


def test_series_are_compared_for_the_day_they_were_made_for() -> None:
    bench = workshop()
    wanted = filled(bench)
    assert isinstance(bench.clock, ManualClock)
    bench.clock.advance(timedelta(minutes=2))
    compared = compare_series(bench, wanted.instruments, RANGES)
    assert (compared.equal, compared.absent, compared.differing) == (4, 0, ())


def test_a_series_that_differs_and_one_that_is_absent_are_told_apart() -> None:
    bench = workshop()
    wanted = filled(bench)
    bench.cache.forget(["SPY"])
    payload = bench.cache.get("AAPL", Range.D7)
    assert payload is not None
    bench.cache.put({("AAPL", Range.D7): payload.replace(b'"volume":', b'"volume":9')})
    compared = compare_series(bench, wanted.instruments, RANGES)
    assert (compared.equal, compared.absent, compared.differing) == (1, 2, (("AAPL", Range.D7),))


def test_accounts_are_kept_range_by_range() -> None:
    bench = workshop(FaultSettings(kind="hole", symbol="AAPL", start="2026-11-05", end="2026-11-06"))
    by_range = accounts_by_range(bench, filled(bench))
    assert {range_: [one.expected - one.stored for one in accounts] for range_, accounts in by_range.items()} == {
        Range.D7: [0, 0],
        Range.M1: [1, 0],
    }
