"""Rolling up ten million minutes to every timeframe, beside the limit for it, and beside what Polars itself takes for as much.

The peer makes each timeframe by `group_by_dynamic`, from minutes each time, without calendar, parts or completeness.

"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup import Setting, coarser, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

_CANDLES = 10_000_000
_LIMIT = 3_000_000
_ROUNDS = 3
_FIRST = datetime(2005, 1, 3, tzinfo=UTC)


def measure(_found: services.Services) -> list[Figure]:
    """Return source candles a second against the limit and against Polars alone."""
    minutes = _minutes()
    known = Setting(
        get_calendar("24/7"), datetime(2026, 1, 1, tzinfo=UTC), Interval(_FIRST, _FIRST + timedelta(days=36_500))
    )
    made = roll_up(minutes, coarser(Timeframe.M1), known)
    for finer, target in pairwise(made):
        if made[target].candles["volume"].sum() != made[finer].candles["volume"].sum():
            raise AssertionError(f"{finer} and {target} do not hold the same volume")
    ours = _CANDLES / _best(lambda: roll_up(minutes, coarser(Timeframe.M1), known))
    peer = _CANDLES / _best(lambda: _by_polars(minutes))
    name = f"roll up {_CANDLES:,} candles of 1m to 5m ... 1mo"
    return [
        Figure(name, ours, _LIMIT, "candles/s", "limit", at_least=1.0),
        Figure(name, ours, peer, "candles/s", "polars group_by_dynamic, no calendar", at_least=1.0),
    ]


def _minutes() -> pl.DataFrame:
    made = np.random.default_rng(7)
    stamps = pl.Series(np.arange(_CANDLES) * 60_000_000 + to_us(_FIRST)).cast(INSTANT)
    price = 100 + np.cumsum(made.normal(0, 0.01, _CANDLES))
    volume = made.integers(0, 1000, _CANDLES).astype(float)
    same = {
        "instrument_id": pl.lit(1, pl.Int32),
        "timeframe": pl.lit("1m"),
        "provider": pl.lit("made"),
        "basis": pl.lit("raw"),
    }
    frame = pl.DataFrame(
        {
            "opened_at": stamps, "open": price, "high": price + 1, "low": price - 1, "close": price + 0.1,
            "volume": volume, "vwap": price, "trade_count": made.integers(0, 50, _CANDLES), "fetched_at": stamps,
        }
    )  # fmt: skip
    return frame.with_columns(is_final=pl.lit(value=True), **same)


def _by_polars(minutes: pl.DataFrame) -> None:
    for target in coarser(Timeframe.M1):
        minutes.group_by_dynamic("opened_at", every=target.value).agg(
            pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
            pl.col("volume").sum(), pl.col("trade_count").sum(), (pl.col("vwap") * pl.col("volume")).sum(),
            pl.col("fetched_at").max(),
        )  # fmt: skip


def _best(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
