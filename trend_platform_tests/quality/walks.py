"""Believable candles to plant faults into: a seeded random walk over the sessions of a real calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import as_candles, empty_candles
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.judge import Surroundings, Verdict, judge

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
MSFT = Instrument(2, "MSFT", AssetClass.STOCK, "XNYS")
BTC = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
EUR = Instrument(4, "EUR-USD", AssetClass.FOREX, "24/5")
OIL = Instrument(5, "CL", AssetClass.COMMODITY, "XNYS")
VIX = Instrument(6, "^VIX", AssetClass.INDEX, "XNYS")
ALL = (AAPL, MSFT, BTC, EUR, OIL, VIX)


def walk(
    instrument: Instrument = AAPL,
    count: int = 60,
    first: date = date(2024, 1, 2),
    price: float = 100.0,
    timeframe: Timeframe = Timeframe.D1,
) -> pl.DataFrame:
    """Return `count` sound candles from `first` on, about two percent of movement each."""
    stamps = get_calendar(instrument.calendar).candle_opens(timeframe, days(first, date(2049, 1, 1)))[:count]
    random = np.random.default_rng(instrument.instrument_id)
    close = price * np.exp(np.cumsum(random.normal(0, 0.015, count)))
    opened = np.concatenate(([price], close[:-1])) * np.exp(random.normal(0, 0.003, count))
    reach = 1 + random.uniform(0.004, 0.015, (2, count))
    frame = pl.DataFrame(
        {
            "opened_at": pl.Series(stamps).cast(pl.Datetime("us", "UTC")),
            "open": opened,
            "high": np.maximum(opened, close) * reach[0],
            "low": np.minimum(opened, close) / reach[1],
            "close": close,
            "volume": np.round(random.uniform(0.5e6, 1.5e6, count)),
        }
    )
    return as_candles(
        frame.with_columns(
            instrument_id=pl.lit(instrument.instrument_id, dtype=pl.Int32),
            timeframe=pl.lit(timeframe.value),
            provider=pl.lit("test"),
            basis=pl.lit("raw"),
            is_final=pl.lit(value=True),
            fetched_at=pl.lit(NOW),
        )
    )


def planted(candles: pl.DataFrame, rows: int | Sequence[int], **values: object) -> pl.DataFrame:
    """Return the candles with other values in some rows; an expression sees the whole frame."""
    chosen = pl.int_range(pl.len()).is_in([rows] if isinstance(rows, int) else list(rows))
    return candles.with_columns(
        pl.when(chosen)
        .then(value if isinstance(value, pl.Expr) else pl.lit(value))
        .otherwise(pl.col(name))
        .cast(candles.schema[name])
        .alias(name)
        for name, value in values.items()
    )


def scaled(candles: pl.DataFrame, rows: Sequence[int] | range, factor: float) -> pl.DataFrame:
    """Return the candles with all prices of some rows multiplied."""
    prices = ("open", "high", "low", "close")
    return planted(candles, list(rows), **{name: pl.col(name) * factor for name in prices})


def judged(
    candles: pl.DataFrame,
    recent: pl.DataFrame | None = None,
    splits: pl.DataFrame | None = None,
    instruments: Sequence[Instrument] = ALL,
    timeframe: Timeframe = Timeframe.D1,
    now: datetime = NOW,
) -> Verdict:
    """Judge, and check what holds for every verdict."""
    verdict = judge(
        candles,
        Surroundings(
            instruments={one.instrument_id: one for one in instruments},
            recent=empty_candles() if recent is None else recent,
            splits=empty_splits() if splits is None else splits,
            timeframe=timeframe,
            now=now,
        ),
    )
    assert verdict.accepted.height + verdict.rejected.height + verdict.duplicates == candles.height
    assert verdict.accepted.equals(as_candles(verdict.accepted))
    return verdict


def struck(verdict: Verdict) -> list[tuple[str, str]]:
    """Return the date and rule of every row set aside, in order."""
    days_ = verdict.rejected["opened_at"].dt.strftime("%Y-%m-%d")
    return list(zip(days_, verdict.rejected["rule"], strict=True))


def rules(verdict: Verdict) -> dict[str, int]:
    """Return how many rows each rule set aside."""
    return dict(verdict.rejected["rule"].value_counts().sort("rule").iter_rows())
