"""Reading a timeframe that is not stored, or not everywhere."""

from datetime import date

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA, split_adjusted
from trend_platform.domain.candles import CANDLE_SCHEMA, PRICES
from trend_platform.domain.rollup import roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.rolled_read import read_candles
from trend_platform_tests.domain.rolling import at, minutes, setting
from trend_platform_tests.ingest.test_rollup import Mill
from trend_platform_tests.storage.candle_frames import ALL

H1, D1, W1 = Timeframe.H1, Timeframe.D1, Timeframe.W1


@pytest.fixture
def mill() -> Mill:
    return Mill()


def test_what_is_stored_is_read_as_it_is(mill: Mill) -> None:
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-05", timeframe=H1))
    found = read_candles(mill.workshop, mill.btc, H1, ALL)
    assert found.candles.equals(mill.storage.market.candles([mill.btc.instrument_id], H1, ALL))
    assert (found.rolled, found.words) == (0, "")
    nothing = read_candles(mill.workshop, mill.aapl, H1, ALL)
    assert nothing.candles.is_empty()
    assert nothing.words == ""


def test_what_is_not_stored_is_rolled_up_and_it_is_said(mill: Mill) -> None:
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-05T00:30"))
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-04T06:00", timeframe=H1, seed=3))
    mill.roll()
    found = read_candles(mill.workshop, mill.btc, H1, ALL)
    assert found.candles.schema == CANDLE_SCHEMA
    assert found.candles.height == 25
    assert (found.rolled, found.partial, found.sources) == (19, 1, ("1m",))
    assert found.words == "19 of 25 rolled up from 1m candles, 1 candle not complete"
    stored = mill.storage.market.candles([mill.btc.instrument_id], H1, ALL)
    assert found.candles.head(6).equals(stored)


def test_weeks_on_another_basis_are_made_of_adjusted_days(mill: Mill) -> None:
    days = minutes("2024-03-04", "2024-03-16", "XNYS", D1)
    mill.put(mill.aapl, days)
    rows = [(mill.aapl.instrument_id, date(2024, 3, 6), 4.0, "polygon")]
    splits = pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row")
    with mill.storage.market.begin(1) as transaction:
        transaction.add_splits(splits)
    mill.roll()
    found = read_candles(mill.workshop, mill.aapl, W1, ALL, lambda candles: split_adjusted(candles, splits))
    stored = mill.storage.market.candles([mill.aapl.instrument_id], D1, ALL)
    expected = roll_up(split_adjusted(stored, splits), [W1], setting("XNYS"))[W1].candles
    assert found.candles.equals(expected.select(CANDLE_SCHEMA.names()))
    assert set(found.candles["basis"]) == {"split"}
    # As stored, the week of the split stands on Monday's share count.
    raw = read_candles(mill.workshop, mill.aapl, W1, ALL).candles
    assert raw["high"][0] == pytest.approx(expected["high"][0] * 4)


def test_a_window_in_the_middle_gives_exactly_its_candles(mill: Mill) -> None:
    mill.put(mill.aapl, minutes("2024-01-02", "2024-06-01", "XNYS", D1))
    mill.roll()
    weeks = read_candles(mill.workshop, mill.aapl, W1, ALL).candles
    middle = read_candles(mill.workshop, mill.aapl, W1, ALL, lambda candles: candles).candles
    assert middle.equals(weeks)


def test_a_dividend_within_a_week_is_exact(mill: Mill) -> None:
    mill.put(mill.aapl, minutes("2024-03-04", "2024-03-16", "XNYS", D1))
    mill.roll()

    def without_dividend(candles: pl.DataFrame) -> pl.DataFrame:
        is_before = pl.col("opened_at") < at("2024-03-06")
        return candles.with_columns(
            pl.when(is_before).then(pl.col(name) * 0.9).otherwise(name).alias(name) for name in PRICES
        )

    week = read_candles(mill.workshop, mill.aapl, W1, ALL, without_dividend).candles.head(1)
    days = without_dividend(mill.storage.market.candles([mill.aapl.instrument_id], D1, ALL)).head(5)
    assert week.select("open", "high", "low", "close").row(0) == (
        days["open"][0], days["high"].max(), days["low"].min(), days["close"][-1],
    )  # fmt: skip
