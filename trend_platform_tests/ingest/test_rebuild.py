"""The cache lost, and written anew from the database alone."""

from datetime import timedelta

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.read import ReadCounts, read_latest, read_series
from trend_platform.ingest.rebuild import Rebuilt, rebuild_cache
from trend_platform.ingest.workshop import drive
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.teller import Teller, Told, utc

NOW = utc("2026-03-04T18:30:00")


def filled() -> Desk:
    desk = Desk(ManualClock(NOW))
    desk.add("AAPL", "MSFT", "SPY")
    desk.backfill(Range.M1, as_of=NOW.date())
    told = {symbol: Told(price, NOW - timedelta(seconds=1)) for symbol, price in (("AAPL", 270.0), ("MSFT", 480.0))}
    watched = desk.workshop().select(["AAPL", "MSFT"])
    desk.storage.interests.watch("mine", watched)
    workshop = desk.workshop(Teller(desk.clock, "simulated", told))
    drive(workshop, refresh_latest(workshop, watched))
    workshop = desk.workshop()
    drive(workshop, refresh_hourly(workshop, watched))
    return desk


def test_everything_is_hot_again_as_it_was() -> None:
    before = filled()
    after = Desk(ManualClock(NOW), before.storage)
    workshop = after.workshop()
    assert rebuild_cache(workshop) == Rebuilt(series=27, hourly=2, prices=2, skipped=0)
    for one in workshop.select([]):
        for range_ in HISTORICAL_RANGES if one.symbol == "SPY" else Range:
            assert read_series(workshop, one, range_).value == read_series(before.workshop(), one, range_).value
    assert read_latest(workshop, workshop.select(["AAPL", "MSFT"])) == read_latest(
        before.workshop(), workshop.select(["AAPL", "MSFT"])
    )
    assert after.reads.counts().from_database == 0
    assert after.reads.counts() == ReadCounts(hits=31)


def test_a_cache_that_is_down_takes_nothing_and_that_is_told() -> None:
    desk = filled()
    desk.cache.is_down = desk.prices.is_down = True
    assert rebuild_cache(desk.workshop()) == Rebuilt(series=0, hourly=0, prices=0, skipped=31)


def test_nothing_to_write_is_nothing_written() -> None:
    assert rebuild_cache(Desk().workshop()) == Rebuilt(0, 0, 0, 0)
