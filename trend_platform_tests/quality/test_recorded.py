"""Judgement of real market data: everything that is truly wrong is found, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.candles import as_candles, empty_candles
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.judge import Surroundings, Verdict, judge
from trend_platform_tests.quality.walks import rules

pytestmark = pytest.mark.recorded


def midnight_of(day: pl.Expr) -> pl.Expr:
    return day.str.slice(0, 10).str.to_date().cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("opened_at")


def framed(candles: pl.DataFrame, now: datetime) -> pl.DataFrame:
    said = {"timeframe": "1d", "provider": "files", "basis": "split", "is_final": True, "fetched_at": now}
    return as_candles(candles.with_columns(pl.lit(value).alias(name) for name, value in said.items()))


@pytest.fixture(scope="module")
def sp500(shared_data: Path) -> Verdict:
    lines = pl.read_csv(shared_data / "market/sp500_5yr/all_stocks_5yr.csv.gz")
    ids = {name: number for number, name in enumerate(sorted(lines["Name"].unique()), start=1)}
    now = datetime(2018, 2, 8, 12, tzinfo=UTC)
    instrument = pl.col("Name").replace_strict(ids, return_dtype=pl.Int32).alias("instrument_id")
    candles = framed(lines.with_columns(instrument, midnight_of(pl.col("date"))), now)
    instruments = {number: Instrument(number, name, AssetClass.STOCK, "XNYS") for name, number in ids.items()}
    return judge(candles, Surroundings(instruments, empty_candles(), empty_splits(), Timeframe.D1, now))


def test_of_619040_lines_exactly_the_invalid_ones_are_set_aside(sp500: Verdict, shared_data: Path) -> None:
    lines = pl.read_csv(shared_data / "market/sp500_5yr/all_stocks_5yr.csv.gz")
    prices = [pl.col(name) for name in ("open", "high", "low", "close")]
    is_missing = pl.any_horizontal(price.is_null() for price in prices)
    contradicts = (pl.max_horizontal(prices) > pl.col("high")) | (pl.min_horizontal(prices) < pl.col("low"))
    expected = lines.filter(is_missing | contradicts).height
    assert (sp500.rejected.height, expected) == (23, 23)
    assert (sp500.accepted.height, sp500.duplicates) == (619_017, 0)


def test_each_invalid_line_names_its_rule(sp500: Verdict) -> None:
    assert rules(sp500) == {"missing_price": 11, "high_below_low": 1, "open_outside": 3, "close_outside": 8}


def test_days_that_look_odd_and_are_real_are_stored(sp500: Verdict) -> None:
    hardly_traded = (pl.col("high") == pl.col("low")) & (pl.col("volume") == 101)
    assert sp500.accepted.filter(hardly_traded & (pl.col("opened_at") == datetime(2017, 7, 28, tzinfo=UTC))).height == 1
    flash_crash = (pl.col("low") == 5.4) & (pl.col("opened_at") == datetime(2015, 8, 24, tzinfo=UTC))
    assert sp500.accepted.filter(flash_crash).height == 1


def yahoo(shared_data: Path, name: str) -> Verdict:
    lines = pl.read_csv(shared_data / f"market/yfinance_bad_data/{name}", infer_schema_length=None)
    now = datetime(2024, 12, 1, tzinfo=UTC)
    candles = (
        lines.rename(str.lower)
        .rename({lines.columns[0].lower(): "day"})
        .select(midnight_of(pl.col("day")), "open", "high", "low", "close", "volume", instrument_id=pl.lit(1))
    )
    instruments = {1: Instrument(1, "X", AssetClass.STOCK, "24/7")}
    return judge(framed(candles, now), Surroundings(instruments, empty_candles(), empty_splits(), Timeframe.D1, now))


def test_a_series_quoted_in_cents_and_then_in_whole_units_is_found_and_its_repair_is_clean(shared_data: Path) -> None:
    assert rules(yahoo(shared_data, "SSW-JO-1d-100x-error.csv")) == {"open_outside": 4, "unit_100x": 7}
    assert rules(yahoo(shared_data, "SSW-JO-1d-100x-error-fixed.csv")) == {"open_outside": 4}


@pytest.mark.parametrize("name", ["MOB-ST-1d-bad-stock-split", "LA-V-1d-bad-stock-split"])
def test_a_candle_left_unadjusted_for_a_split_is_found_and_its_repair_is_clean(shared_data: Path, name: str) -> None:
    assert rules(yahoo(shared_data, f"{name}.csv")) == {"spike": 1}
    assert rules(yahoo(shared_data, f"{name}-fixed.csv")) == {}


@pytest.mark.parametrize(
    "name",
    [
        "EWG-1d-no-bad-divs.csv.gz",
        "IBE-MC-1d-no-bad-divs.csv.gz",
        "TISG-MI-1d-no-bad-divs.csv.gz",
        "4063-T-1d-bad-div.csv",
    ],
)
def test_clean_series_are_clean(shared_data: Path, name: str) -> None:
    assert rules(yahoo(shared_data, name)) == {}


def test_a_year_of_thinly_traded_minutes_is_clean(shared_data: Path) -> None:
    names = ["time", "open", "close", "high", "low", "volume"]
    lines = pl.read_csv(
        shared_data / "market/bitfinex_1m/BTCUSD_1m_2014.csv.gz",
        has_header=False,
        new_columns=names,
        infer_schema_length=None,
    )
    now = datetime(2024, 12, 1, tzinfo=UTC)
    candles = framed(
        lines.with_columns(opened_at=(pl.col("time") * 1000).cast(pl.Datetime("us", "UTC")), instrument_id=pl.lit(1)),
        now,
    ).with_columns(timeframe=pl.lit("1m"))
    instruments = {1: Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")}
    verdict = judge(candles, Surroundings(instruments, empty_candles(), empty_splits(), Timeframe.M1, now))
    assert rules(verdict) == {}
    assert verdict.accepted.height == lines.height
