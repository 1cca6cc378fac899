"""The simulated market: the same however it is asked, on the right calendar, and shaped like prices."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trend_platform.domain.actions import SPLIT_SCHEMA, split_factors
from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.simulated.market import Listing, SimulatedMarket

NOW = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
DURING = datetime(2026, 11, 20, 16, 17, 30, tzinfo=UTC)
MARKET = SimulatedMarket(20260101)
AAPL = Listing("AAPL", AssetClass.STOCK, "XNYS")
BTC = Listing("BTC-USD", AssetClass.CRYPTO, "24/7")
EURUSD = Listing("EUR-USD", AssetClass.FOREX, "24/5")
SONY = Listing("6758", AssetClass.STOCK, "XTKS")
LISTINGS = (AAPL, BTC, EURUSD, SONY)
INTRADAY = tuple(timeframe for timeframe in Timeframe if timeframe.is_intraday)
ALL_TIME = days(date(1962, 1, 2), date(2026, 11, 20))
NOVEMBER = days(date(2026, 10, 26), date(2026, 11, 20))


def _daily(listing: Listing = AAPL, interval: Interval = ALL_TIME, now: datetime = NOW) -> pl.DataFrame:
    return MARKET.candles(listing, Timeframe.D1, interval, now)


def _within(candles: pl.DataFrame, interval: Interval) -> pl.DataFrame:
    return candles.filter(pl.col("opened_at").is_between(to_us(interval.start), to_us(interval.end), closed="left"))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(LISTINGS), st.integers(0, 23_000), st.integers(0, 4_000))
def test_any_part_of_a_daily_series_is_the_same_as_in_the_whole(listing: Listing, start: int, length: int):
    first = ALL_TIME.start + timedelta(days=start)
    part = Interval(first, first + timedelta(days=length))
    assert _daily(listing, part).equals(_within(_daily(listing), part))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(LISTINGS), st.sampled_from(INTRADAY), st.integers(0, 36_000), st.integers(0, 20_000))
def test_any_part_of_an_intraday_series_is_the_same_as_in_the_whole(
    listing: Listing, timeframe: Timeframe, start: int, length: int
):
    first = NOVEMBER.start + timedelta(minutes=start)
    part = Interval(first, first + timedelta(minutes=length))
    whole = MARKET.candles(listing, timeframe, NOVEMBER, DURING)
    assert MARKET.candles(listing, timeframe, part & NOVEMBER, DURING).equals(_within(whole, part & NOVEMBER))


def test_another_process_with_another_hash_seed_makes_the_same_market():
    told = {
        subprocess.run(
            [sys.executable, "-c", _FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1234")
    }
    assert told == {FINGERPRINT}


def test_the_default_market_is_pinned():
    row = _daily(AAPL, days(date(2024, 1, 2), date(2024, 1, 2))).row(0)
    assert row == PINNED


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.symbol)
def test_seeds_and_symbols_make_different_markets(listing: Listing):
    other = SimulatedMarket(1).candles(listing, Timeframe.D1, NOVEMBER, NOW)
    assert other["opened_at"].to_list() == _daily(listing, NOVEMBER)["opened_at"].to_list()
    assert other["close"].to_list() != _daily(listing, NOVEMBER)["close"].to_list()


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.symbol)
def test_daily_candles_are_the_sessions_of_the_calendar_since_the_listing(listing: Listing):
    listed_on = MARKET.listed_on(listing)
    since = days(listed_on, date(2026, 11, 20)) if listed_on else ALL_TIME
    assert _daily(listing)["opened_at"].to_list() == get_calendar(listing.calendar).sessions_in(since).tolist()


@pytest.mark.parametrize("timeframe", INTRADAY)
@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.symbol)
def test_intraday_candles_are_those_of_the_calendar_and_add_up_to_the_daily_ones(
    listing: Listing, timeframe: Timeframe
):
    calendar = get_calendar(listing.calendar)
    candles = MARKET.candles(listing, timeframe, NOVEMBER, DURING)
    expected = calendar.candle_opens(timeframe, Interval(NOVEMBER.start, DURING))
    assert candles["opened_at"].to_list() == expected.tolist()
    sessions = calendar.sessions[np.searchsorted(calendar.opens, expected, side="right") - 1]
    added = candles.group_by(pl.Series("session", sessions), maintain_order=True).agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("trade_count").sum(),
        pl.col("volume").sum(),
    )
    daily = _daily(listing, NOVEMBER, DURING)
    assert added.drop("session", "volume").equals(daily.select(added.columns[1:-1]))
    assert np.allclose(added["volume"], daily["volume"], rtol=1e-9)


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.H1, Timeframe.D1])
@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.symbol)
def test_prices_of_a_candle_fit_together(listing: Listing, timeframe: Timeframe):
    interval = ALL_TIME if timeframe is Timeframe.D1 else NOVEMBER
    candles = MARKET.candles(listing, timeframe, interval, NOW)
    inside = pl.all_horizontal(
        pl.col("low") <= pl.min_horizontal("open", "close"),
        pl.col("high") >= pl.max_horizontal("open", "close"),
        pl.col("low") > 0,
        pl.col("volume") > 0,
        pl.col("vwap").is_between(pl.col("low"), pl.col("high")),
    )
    assert candles.select(inside.all()).item()
    assert candles.filter(pl.col("high") == pl.col("low")).is_empty()


def test_a_half_day_is_short_and_a_holiday_absent():
    thanksgiving = MARKET.candles(AAPL, Timeframe.M1, days(date(2025, 11, 27), date(2025, 11, 28)), NOW)
    assert from_us(thanksgiving["opened_at"][0]) == datetime(2025, 11, 28, 14, 30, tzinfo=UTC)
    assert from_us(thanksgiving["opened_at"][-1]) == datetime(2025, 11, 28, 17, 59, tzinfo=UTC)


def test_a_running_session_grows_and_ends_as_the_finished_one():
    today = days(date(2026, 11, 20), date(2026, 11, 20))
    at_noon, later, done = (
        _daily(AAPL, today, moment).row(0, named=True) for moment in (DURING, DURING + timedelta(hours=2), NOW)
    )
    assert at_noon["open"] == later["open"] == done["open"]
    assert at_noon["volume"] < later["volume"] < done["volume"]
    assert at_noon["high"] <= later["high"] <= done["high"]
    assert _daily(AAPL, today, datetime(2026, 11, 20, 14, 30, tzinfo=UTC)).is_empty()
    assert _daily(AAPL, today, datetime(2026, 11, 20, 14, 31, 5, tzinfo=UTC)).height == 1


def test_shares_open_away_from_the_last_close_and_coins_do_not():
    for listing, jumps in ((AAPL, True), (BTC, False)):
        candles = _daily(listing, days(date(2025, 1, 1), date(2025, 12, 31)))
        away = candles["open"][1:].to_numpy() != candles["close"][:-1].to_numpy()
        assert away.mean() > 0.9 if jumps else not away.any()


def test_returns_have_fat_tails():
    returns = _daily(BTC)["close"].log().diff().drop_nulls()
    assert returns.kurtosis() > 1.5


def test_wild_days_trade_more():
    candles = _daily(AAPL, days(date(2019, 1, 1), date(2025, 12, 31)))
    size = (candles["close"] / candles["open"]).log().abs()
    assert pl.select(pl.corr(size, (candles["volume"] * candles["close"]).log())).item() > 0.2


def test_raw_prices_jump_on_the_day_of_a_split_and_adjusted_ones_do_not():
    splits = MARKET.splits(AAPL, ALL_TIME, NOW)
    assert splits
    candles = _daily(AAPL).with_columns(
        pl.col("opened_at").cast(pl.Datetime("us", "UTC")),
        pl.lit(1, pl.Int32).alias("instrument_id"),
        pl.lit("raw").alias("basis"),
        pl.lit(NOW).alias("fetched_at"),
    )
    rows = [(1, split.ex_date, split.ratio, "simulated") for split in splits]
    factors = split_factors(candles, pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row"))
    raw, adjusted = candles["close"].to_numpy(), candles["close"].to_numpy() / factors
    on_the_day = candles["opened_at"].dt.date().is_in([split.ex_date for split in splits]).to_numpy()[1:]
    assert (np.abs(np.diff(np.log(raw))[on_the_day]) > 0.4).all()
    assert np.abs(np.diff(np.log(adjusted))[on_the_day]).max() < 0.2


def test_a_part_of_time_has_the_splits_of_the_whole_that_lie_in_it():
    for split in MARKET.splits(AAPL, ALL_TIME, NOW):
        assert MARKET.splits(AAPL, days(split.ex_date, split.ex_date), NOW) == (split,)
        assert MARKET.splits(AAPL, days(date(1981, 1, 1), split.ex_date - timedelta(days=1)), NOW)[-1:] != (split,)


def test_a_split_to_come_is_not_told():
    split = MARKET.splits(AAPL, ALL_TIME, NOW)[-1]
    eve = datetime(split.ex_date.year, split.ex_date.month, split.ex_date.day, tzinfo=UTC) - timedelta(hours=1)
    assert split not in MARKET.splits(AAPL, ALL_TIME, eve)


def test_some_shares_are_listed_late():
    listed = [MARKET.listed_on(Listing(f"S{number}", AssetClass.STOCK, "XNYS")) for number in range(200)]
    assert 0.1 < sum(day is not None for day in listed) / 200 < 0.3


def test_stamps_are_those_of_the_candles_to_come():
    for listing in LISTINGS:
        for timeframe in (Timeframe.D1, Timeframe.H1):
            made = MARKET.candles(listing, timeframe, NOVEMBER, DURING)
            assert MARKET.stamps(listing, timeframe, NOVEMBER, DURING).tolist() == made["opened_at"].to_list()


_FINGERPRINT = """
from datetime import UTC, date, datetime
from hashlib import sha256
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.simulated.market import Listing, SimulatedMarket
now = datetime(2026, 11, 20, 16, 17, 30, tzinfo=UTC)
digest = sha256()
for listing in (Listing("AAPL", AssetClass.STOCK, "XNYS"), Listing("BTC-USD", AssetClass.CRYPTO, "24/7")):
    for timeframe, first in ((Timeframe.D1, date(2010, 1, 1)), (Timeframe.M15, date(2026, 11, 2))):
        made = SimulatedMarket(5).candles(listing, timeframe, days(first, date(2026, 11, 20)), now)
        digest.update(made.write_csv().encode())
print(digest.hexdigest())
"""
FINGERPRINT = "afd24b1334a0ec7ee866db21c40500abafc5057ccadcf0e324d1250dd4f9b6d0\n"
PINNED = (1704153600000000, 257.8, 258.54, 255.73, 255.81, 14567493.0, 256.97, 311951)
