from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quotes import as_quotes
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.freshness import Freshness, What, freshness, sentence, worst
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.base import Provider
from trend_platform.settings import FaultSettings
from trend_platform_tests.ingest.floor import Floor, Habitual


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def floor_at(text: str) -> Floor:
    return Floor(ManualClock(at(text)))


def quote(floor: Floor, instrument: Instrument, quoted_at: str) -> None:
    row = {"instrument_id": instrument.instrument_id, "provider": "simulated", "quoted_at": at(quoted_at), "price": 1.0}
    floor.storage.quotes.add(as_quotes(pl.DataFrame([{**row, "fetched_at": floor.clock.now()}])))


def days(floor: Floor, instruments: tuple[Instrument, ...], *providers: Provider) -> None:
    workshop = floor.workshop(*providers)
    drive(workshop, run(workshop, Wanted(instruments, Timeframe.D1, (Range.M1,), floor.clock.now().date())))


def look(floor: Floor, what: What, *providers: Provider) -> Freshness:
    (one,) = [
        one for one in freshness(floor.workshop(*providers), floor.storage.interests.active()) if one.what is what
    ]
    return one


@pytest.mark.parametrize(
    ("now", "quoted_at", "is_stale"),
    [
        ("2026-03-04T17:00", "2026-03-04T16:58", False),
        ("2026-03-04T17:00", "2026-03-04T16:56", True),
        ("2026-03-04T14:32", "2026-03-03T20:59", False),
        ("2026-03-04T14:34", "2026-03-03T20:59", True),
        ("2026-03-07T12:00", "2026-03-06T20:59", False),
        ("2026-03-07T12:00", "2026-03-06T20:58", True),
    ],
    ids=["fresh", "old", "just opened", "not since the open", "weekend", "weekend without the last minute"],
)
def test_a_price_is_stale_by_its_own_time_and_its_markets_hours(now: str, quoted_at: str, is_stale: bool):
    floor = floor_at(now)
    (apple,) = floor.add("AAPL")
    quote(floor, apple, quoted_at)
    found = look(floor, What.LATEST_PRICE)
    assert (found.is_stale, found.found_at) == (is_stale, at(quoted_at))


def test_a_stale_price_says_of_when_it_is_and_what_is_expected():
    floor = floor_at("2026-03-04T17:00")
    quote(floor, *floor.add("AAPL"), "2026-03-04T16:00")
    assert look(floor, What.LATEST_PRICE).reason == (
        "the newest price is of 2026-03-04 16:00:00 UTC, one of 2026-03-04 16:57:00 UTC or later is expected"
    )


def test_what_was_never_quoted_is_stale_in_an_open_market_and_awaited_in_a_closed_one():
    floor = floor_at("2026-03-04T17:00")
    floor.add("AAPL")
    assert look(floor, What.LATEST_PRICE).is_stale
    floor.clock.instant = at("2026-03-07T17:00")
    found = look(floor, What.LATEST_PRICE)
    assert (found.is_stale, found.reason) == (False, "no price yet; its market has not been open for long enough")


def test_the_limit_of_a_price_is_the_one_quotes_are_judged_by():
    floor = floor_at("2026-03-04T17:00")
    quote(floor, *floor.add("AAPL"), "2026-03-04T16:50")
    workshop = floor.workshop()
    quotes = replace(workshop.policy.quotes, stale_after=timedelta(minutes=20))
    patient = replace(workshop, policy=replace(workshop.policy, quotes=quotes))
    assert not freshness(patient, floor.storage.interests.active())[0].is_stale


def test_hours_are_fresh_after_a_tick_and_stale_when_two_were_missed():
    floor = floor_at("2026-03-04T17:10")
    instruments = floor.add("AAPL")
    floor.hourly(instruments)
    assert not look(floor, What.HOURLY_CANDLES).is_stale
    floor.clock.instant = at("2026-03-04T17:56")
    found = look(floor, What.HOURLY_CANDLES)
    assert (found.is_stale, found.expected_at, found.found_at) == (True, at("2026-03-04T17:30"), at("2026-03-04T16:30"))
    floor.hourly(instruments)
    assert not look(floor, What.HOURLY_CANDLES).is_stale


def test_a_last_hour_that_was_left_forming_is_stale_after_the_close_and_stays_so_over_the_weekend():
    floor = floor_at("2026-03-06T20:50")
    floor.hourly(floor.add("AAPL"))
    floor.clock.instant = at("2026-03-07T12:00")
    found = look(floor, What.HOURLY_CANDLES)
    assert (found.is_stale, found.found_at) == (True, at("2026-03-06T20:30"))
    assert found.reason == "the candle of 2026-03-06 20:30 UTC is over and still marked as forming"


def test_a_complete_session_is_fresh_over_the_weekend_and_until_the_next_hour_is_due():
    floor = floor_at("2026-03-06T21:00")
    floor.hourly(floor.add("AAPL"))
    for later in ("2026-03-06T21:20", "2026-03-08T12:00", "2026-03-09T13:54"):
        floor.clock.instant = at(later)
        assert not look(floor, What.HOURLY_CANDLES).is_stale
    floor.clock.instant = at("2026-03-09T13:55")
    assert look(floor, What.HOURLY_CANDLES).is_stale


def test_hours_of_a_provider_that_settles_late_are_given_the_night():
    floor = floor_at("2026-03-04T20:59")
    slow = Habitual(floor.simulated(), settles_after=timedelta(hours=4, minutes=30))
    floor.hourly(floor.add("AAPL"), slow)
    floor.clock.instant = at("2026-03-05T13:29")
    assert not look(floor, What.HOURLY_CANDLES, slow).is_stale
    floor.clock.instant = at("2026-03-05T13:30")
    assert look(floor, What.HOURLY_CANDLES, slow).is_stale


def test_what_no_provider_at_hand_gives_is_not_expected():
    floor = floor_at("2026-03-04T17:00")
    floor.add("AAPL")
    days_only = Habitual(floor.simulated(), timeframes=frozenset({Timeframe.D1}), quotes=frozenset())
    price, hours, _ = freshness(floor.workshop(days_only), floor.storage.interests.active())
    assert (price.is_stale, price.reason) == (False, "no provider at hand gives latest prices of AAPL")
    assert (hours.is_stale, hours.reason) == (False, "no provider at hand serves 1h candles of it")


def test_readers_without_providers_expect_everything_and_give_late_settling_the_time():
    floor = floor_at("2026-03-04T20:50")
    instruments = floor.add("AAPL")
    floor.hourly(instruments)
    reader = Workshop(floor.storage, floor.cache, floor.prices, (), floor.clock)
    floor.clock.instant = at("2026-03-04T22:00")
    price, hours, daily = freshness(reader, instruments)
    assert (price.is_stale, hours.is_stale, daily.is_stale) == (False, False, True)
    floor.clock.instant = at("2026-03-05T12:00")
    assert freshness(reader, instruments)[1].is_stale


def test_days_are_stale_when_a_session_is_missing_and_not_when_the_ledger_explains_it():
    floor = floor_at("2026-03-04T22:00")
    instruments = floor.add("AAPL")
    days(floor, instruments)
    floor.clock.instant = at("2026-03-06T12:00")
    assert look(floor, What.DAILY_CANDLES).is_stale is False
    floor.clock.instant = at("2026-03-06T13:00")
    found = look(floor, What.DAILY_CANDLES)
    assert (found.is_stale, found.expected_at, found.found_at) == (
        True,
        at("2026-03-05T00:00"),
        at("2026-03-04T00:00"),
    )
    hole = floor.simulated(FaultSettings(kind="hole", symbol="AAPL", start="2026-03-05", end="2026-03-07"))
    days(floor, instruments, hole)
    assert "unknown: " in look(floor, What.DAILY_CANDLES).reason
    floor.clock.advance(timedelta(hours=12, minutes=1))
    days(floor, instruments, hole)
    floor.clock.instant = at("2026-03-07T12:00")
    assert look(floor, What.DAILY_CANDLES).expected_at == at("2026-03-05T00:00")
    assert (look(floor, What.DAILY_CANDLES).is_stale, look(floor, What.DAILY_CANDLES).reason[:9]) == (
        False,
        "no_trades",
    )


def test_what_was_not_listed_then_is_not_expected():
    floor = floor_at("2026-03-04T13:00")
    (apple,) = floor.add("AAPL")
    fresh = replace(apple, listed_on=date(2026, 3, 4))
    assert [one.is_stale for one in freshness(floor.workshop(), [fresh])] == [False, False, False]
    gone = replace(apple, delisted_on=date(2026, 3, 3))
    assert [one.expected_at for one in freshness(floor.workshop(), [gone])][:2] == [None, None]


def test_the_worst_is_the_one_without_any_then_the_oldest():
    some = [
        Freshness(What.LATEST_PRICE, "A", None, at("2026-03-04T16:00"), is_stale=False),
        Freshness(What.LATEST_PRICE, "B", None, at("2026-03-04T15:00"), is_stale=True, reason="old"),
        Freshness(What.LATEST_PRICE, "C", None, at("2026-03-04T14:00"), is_stale=True, reason="older"),
    ]
    never = Freshness(What.LATEST_PRICE, "D", None, None, is_stale=True, reason="never")
    assert (worst(some), worst([*some, never]), worst(some[:1])) == (some[2], never, None)
    assert sentence([*some, never]) == "latest prices of 3 of 4 instruments are stale: D: never; C: older; B: old"
    assert sentence(some[:1]) == "all latest prices are fresh (1 instrument)"


def test_a_sentence_names_five_and_counts_the_rest():
    many = [Freshness(What.HOURLY_CANDLES, f"S{n}", None, None, is_stale=True, reason="r") for n in range(7)]
    assert sentence(many).endswith("S3: r; S4: r; and 2 more")
