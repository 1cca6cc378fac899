"""Rolling up: what a coarser candle says, what it may be made of, and that the way there does not matter."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trend_platform.domain.actions import SPLIT_SCHEMA, split_adjusted
from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup import ROLLED_SCHEMA, coarser, empty_rolled, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform_tests.domain.rolling import at, briefly, minutes, series, setting, slowly

M1, M5, M15, H1, H4, H12 = (Timeframe(name) for name in ("1m", "5m", "15m", "1h", "4h", "12h"))
D1, W1, MO1 = Timeframe.D1, Timeframe.W1, Timeframe.MO1
CALENDARS = {
    "24/7": ("2024-02-26", "2024-03-04"),
    "XNYS": ("2024-03-07", "2024-03-13"),
    "XTKS": ("2024-01-30", "2024-02-03"),
    "24/5": ("2024-05-30", "2024-06-04"),
}


def roll(candles: pl.DataFrame, target: Timeframe, calendar: str = "24/7", **known: object) -> pl.DataFrame:
    return roll_up(candles, [target], setting(calendar, **known))[target].candles


@st.composite
def some_minutes(draw: st.DrawFn) -> tuple[str, pl.DataFrame]:
    calendar = draw(st.sampled_from(sorted(CALENDARS)))
    everything = minutes(*CALENDARS[calendar], calendar=calendar, seed=draw(st.integers(0, 99)))
    keep = np.random.default_rng(draw(st.integers(0, 99))).random(everything.height) < draw(
        st.sampled_from([0.02, 0.5, 1.0])
    )
    return calendar, everything.filter(pl.Series(keep))


@settings(max_examples=25)
@given(some_minutes(), st.sampled_from(coarser(M1)))
def test_it_is_what_the_slow_way_finds(drawn: tuple[str, pl.DataFrame], target: Timeframe) -> None:
    calendar, candles = drawn
    candles = candles.gather_every(7)
    assert briefly(roll(candles, target, calendar)) == slowly(candles, target, calendar)


@settings(max_examples=40)
@given(some_minutes(), st.data())
def test_two_steps_give_what_one_gives(drawn: tuple[str, pl.DataFrame], data: st.DataObject) -> None:
    calendar, candles = drawn
    between = data.draw(st.sampled_from([one for one in coarser(M1) if one not in {W1, MO1}]))
    target = data.draw(st.sampled_from(list(coarser(between))))
    direct = roll(candles, target, calendar)
    stepped = roll(roll(candles, between, calendar), target, calendar)
    assert stepped.drop("vwap").equals(direct.drop("vwap"))
    assert np.allclose(stepped["vwap"].to_numpy(), direct["vwap"].to_numpy(), rtol=1e-12, equal_nan=True)


@settings(max_examples=25)
@given(some_minutes())
def test_no_volume_and_no_trade_is_lost_or_made_up(drawn: tuple[str, pl.DataFrame]) -> None:
    calendar, candles = drawn
    for rolled in roll_up(candles, coarser(M1), setting(calendar)).values():
        for column in ("volume", "trade_count"):
            assert rolled.candles[column].sum() == candles[column].sum()
        assert rolled.candles["parts"].sum() == candles.height


@settings(max_examples=25)
@given(some_minutes())
def test_what_is_expected_is_what_the_calendar_counts(drawn: tuple[str, pl.DataFrame]) -> None:
    calendar, candles = drawn
    venue = get_calendar(calendar)
    full = minutes("2024-01-01", "2024-07-01", calendar)
    for target, rolled in roll_up(candles, coarser(M1), setting(calendar)).items():
        counted = roll(full, target, calendar).select("opened_at", pl.col("parts").alias("counted"))
        both = rolled.candles.join(counted, on="opened_at")
        assert both.height == rolled.candles.height
        assert (both["expected"] == both["counted"]).all(), (venue.name, target)


def test_every_frame_has_the_schema() -> None:
    rolled = roll_up(minutes("2024-03-04", "2024-03-05"), coarser(M1), setting())
    assert list(rolled) == list(coarser(M1))
    assert all(one.candles.schema == ROLLED_SCHEMA for one in rolled.values())
    assert empty_rolled().schema == ROLLED_SCHEMA
    nothing = roll_up(minutes("2024-03-04", "2024-03-05").clear(), coarser(M1), setting())
    assert all(one.candles.equals(empty_rolled()) for one in nothing.values())


def test_hours_of_new_york_begin_at_half_past_nine_and_the_last_one_is_half_as_long() -> None:
    hours = roll(minutes("2024-03-08", "2024-03-09", "XNYS"), H1, "XNYS")
    assert [f"{stamp:%H:%M}" for stamp in hours["opened_at"]] == [
        "14:30", "15:30", "16:30", "17:30", "18:30", "19:30", "20:30",
    ]  # fmt: skip
    assert hours["parts"].to_list() == hours["expected"].to_list() == [60] * 6 + [30]
    assert hours["is_complete"].all()


def test_a_half_day_ends_early_and_daylight_saving_time_moves_the_open() -> None:
    half = roll(minutes("2024-07-03", "2024-07-04", "XNYS"), H1, "XNYS")
    assert half["opened_at"].to_list()[0] == at("2024-07-03T13:30")
    assert half["parts"].to_list() == [60, 60, 60, 30]
    assert half["is_complete"].all()


def test_a_day_of_stocks_is_their_session_stamped_with_its_date() -> None:
    session = minutes("2024-03-08", "2024-03-09", "XNYS")
    early = series([to_us(at("2024-03-08T13:00")), to_us(at("2024-03-08T21:00"))], volume=1e9, high=500.0, low=1.0)
    day = roll(pl.concat([session, early]).sort("opened_at"), D1, "XNYS")
    assert day["opened_at"].to_list() == [at("2024-03-08")]
    assert day.select("parts", "expected", "is_complete").row(0) == (390, 390, True)
    assert day["open"][0] == session["open"][0]
    assert day["volume"][0] == session["volume"].sum()


def test_a_trading_week_of_four_days_is_complete() -> None:
    days = minutes("2024-02-19", "2024-02-24", "XNYS", D1)
    week = roll(days, W1, "XNYS")
    assert week.select("opened_at", "parts", "expected", "is_complete").row(0) == (at("2024-02-19"), 4, 4, True)


def test_a_missing_part_makes_it_partial_unless_nothing_traded_there() -> None:
    candles = minutes("2024-03-04", "2024-03-05").filter(pl.col("opened_at") != at("2024-03-04T01:03"))
    hours = roll(candles, H1)
    assert hours.filter(~pl.col("is_complete")).select("opened_at", "parts", "expected").rows() == [
        (at("2024-03-04T01:00"), 59, 60)
    ]
    absent = np.array([to_us(at("2024-03-04T01:03"))])
    assert roll(candles, H1, absent=absent)["is_complete"].all()
    assert roll(candles, D1, absent=absent)["is_complete"].all()


def test_a_period_that_is_not_over_or_has_a_forming_part_is_not_complete() -> None:
    candles = minutes("2024-03-04", "2024-03-05")
    running = roll(candles, H1, now=at("2024-03-04T23:30"))
    assert running.select("is_final", "is_complete").row(-1) == (False, False)
    assert running["is_complete"][:-1].all()
    forming = candles.with_columns(is_final=pl.col("opened_at") != at("2024-03-04T05:59"))
    left = roll_up(forming, coarser(M1), setting())
    for target in (M5, H1, D1):
        bad = left[target].candles.filter(~pl.col("is_complete"))
        assert bad.height == 1
        assert bad["is_final"].all()


def test_nothing_is_expected_before_the_listing() -> None:
    days = minutes("2024-03-06", "2024-04-01", "XNYS", D1)
    listed = Interval(at("2024-03-06"), at("9999-12-31"))
    assert roll(days, W1, "XNYS", lifetime=listed).select("parts", "expected", "is_complete").row(0) == (3, 3, True)
    assert roll(days, W1, "XNYS").select("parts", "expected", "is_complete").row(0) == (3, 5, False)


def test_one_unknown_volume_makes_the_sum_unknown_and_no_other() -> None:
    candles = minutes("2024-03-04", "2024-03-04T00:10").with_columns(
        pl.when(pl.col("opened_at") != at("2024-03-04T00:07")).then("volume").alias("volume"),
        pl.when(pl.col("opened_at") != at("2024-03-04T00:07")).then("trade_count").alias("trade_count"),
    )
    fives = roll(candles, M5)
    assert fives["volume"].to_list() == [candles["volume"][:5].sum(), None]
    assert fives["trade_count"].to_list() == [candles["trade_count"][:5].sum(), None]
    assert fives["vwap"].is_null().to_list() == [False, True]
    assert roll(candles, M15)["volume"].to_list() == [None]


def test_vwap_is_weighted_by_volume_and_what_did_not_trade_has_none() -> None:
    five = minutes("2024-03-04", "2024-03-04T00:05").with_columns(
        volume=pl.Series([1.0, 3.0, 0.0, 0.0, 0.0]), vwap=pl.Series([10.0, 20.0, None, 99.0, None])
    )
    assert roll(five, M5)["vwap"].to_list() == [17.5]
    assert roll(five.with_columns(volume=0.0), M5)["vwap"].to_list() == [None]
    assert roll(five.with_columns(vwap=pl.lit(None, pl.Float64)), M5)["vwap"].to_list() == [None]


def test_candles_of_two_bases_are_not_joined_and_it_is_said() -> None:
    candles = minutes("2024-03-04", "2024-03-04T02:00").with_columns(
        basis=pl.when(pl.col("opened_at") < at("2024-03-04T00:31")).then(pl.lit("split")).otherwise(pl.lit("raw"))
    )
    made = roll_up(candles, coarser(M1), setting())
    assert made[H1].refused.to_list() == [at("2024-03-04")]
    assert made[H1].candles.select("opened_at", "basis").rows() == [(at("2024-03-04T01:00"), "raw")]
    assert made[M5].refused.to_list() == [at("2024-03-04T00:30")]
    assert set(made[M5].candles["basis"]) == {"raw", "split"}
    assert made[D1].candles.is_empty()


def test_two_providers_are_said_to_be_mixed() -> None:
    candles = minutes("2024-03-04", "2024-03-04T00:10").with_columns(
        provider=pl.Series(["kraken"] * 3 + ["coinbase"] * 7)
    )
    assert roll(candles, M5)["provider"].to_list() == ["mixed", "coinbase"]
    assert roll(roll(candles, M5), M15)["provider"].to_list() == ["mixed"]


def test_the_youngest_part_says_when_it_was_fetched() -> None:
    candles = minutes("2024-03-04", "2024-03-04T00:05")
    newer = candles["fetched_at"][0] + timedelta(hours=3)
    touched = candles.with_columns(fetched_at=pl.when(pl.int_range(5) == 2).then(newer).otherwise("fetched_at"))
    assert roll(touched, M5)["fetched_at"].to_list() == [newer]


@pytest.mark.parametrize("target", [W1, MO1])
def test_a_period_with_a_split_in_it_adjusts_like_its_days(target: Timeframe) -> None:
    # Wednesday 2024-03-06 trades at a quarter of Tuesday's prices and at four times its volume.
    after = pl.col("opened_at") >= at("2024-03-06")
    days = minutes("2024-03-04", "2024-03-09", "XNYS", D1).with_columns(
        *(
            pl.when(after).then(pl.col(name) / 4).otherwise(name).alias(name)
            for name in ("open", "high", "low", "close", "vwap")
        ),
        volume=pl.when(after).then(pl.col("volume") * 4).otherwise("volume"),
    )
    splits = pl.DataFrame([(1, date(2024, 3, 6), 4.0, "polygon")], schema=SPLIT_SCHEMA, orient="row")
    stored = roll(days, target, "XNYS", splits=splits)
    adjusted = split_adjusted(stored, splits)
    of_adjusted = roll(split_adjusted(days, splits), target, "XNYS")
    for name in ("open", "high", "low", "close", "volume", "vwap"):
        assert adjusted[name][0] == pytest.approx(of_adjusted[name][0])
    assert stored["low"][0] > 50.0, "the week is stated on Monday's share count"


@pytest.mark.parametrize("target", [H1, D1, W1])
def test_adjusted_parts_fetched_on_both_sides_of_a_split_are_brought_together(target: Timeframe) -> None:
    # The second half of these minutes was asked for after the split of 2026-03-06, and came divided by it.
    whole = minutes("2024-03-08", "2024-03-09", "XNYS", basis="split")
    is_late = pl.col("opened_at") >= at("2024-03-08T17:00")
    prices = ("open", "high", "low", "close", "vwap")
    candles = whole.with_columns(
        *(pl.when(is_late).then(pl.col(name) / 4).otherwise(name).alias(name) for name in prices),
        volume=pl.when(is_late).then(pl.col("volume") * 4).otherwise("volume"),
        fetched_at=pl.when(is_late).then(at("2026-04-01")).otherwise("fetched_at"),
    )
    splits = pl.DataFrame([(1, date(2026, 3, 6), 4.0, "polygon")], schema=SPLIT_SCHEMA, orient="row")
    rolled = split_adjusted(roll(candles, target, "XNYS", splits=splits), splits)
    expected = split_adjusted(roll(whole, target, "XNYS"), splits)
    for name in ("open", "high", "low", "close", "volume"):
        assert rolled[name].to_list() == pytest.approx(expected[name].to_list()), name


def test_only_coarser_ones_can_be_made() -> None:
    with pytest.raises(ValueError, match="cannot be rolled up from 5m"):
        roll(minutes("2024-03-04", "2024-03-05", timeframe=M5), M1)
    assert coarser(W1) == coarser(MO1) == ()
    assert coarser(D1) == (W1, MO1)
    assert coarser(H12) == (D1, W1, MO1)
    assert coarser(H4)[0] is H12
