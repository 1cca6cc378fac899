"""Reading through the cache: whatever is wrong with it, the answer comes from the database, and is counted by kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.price_json import price_json
from trend_platform.ingest.read import Read, ReadCounts, ReadKind, ReadTally, Source, read_latest, read_series
from trend_platform.ingest.workshop import drive
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.teller import Teller, Told, utc

NOW = utc("2026-03-04T18:30:00")


@pytest.fixture(scope="module")
def filled() -> Desk:
    desk = Desk(ManualClock(NOW))
    desk.add("AAPL", "MSFT")
    desk.backfill(Range.M1, as_of=NOW.date())
    told = {"AAPL": Told(270.0, NOW - timedelta(seconds=1)), "MSFT": Told(480.0, NOW, previous_close=470.0)}
    for_prices = desk.workshop(Teller(desk.clock, "simulated", told))
    drive(for_prices, refresh_latest(for_prices, for_prices.select([])))
    workshop = desk.workshop()
    drive(workshop, refresh_hourly(workshop, workshop.select([])))
    return desk


@pytest.fixture
def desk(filled: Desk) -> Desk:
    """The filled store with an empty cache and nothing counted."""
    return Desk(ManualClock(NOW), filled.storage)


def latest(desk: Desk, *symbols: str) -> dict[str, Read]:
    workshop = desk.workshop()
    return read_latest(workshop, workshop.select(symbols))


def series(desk: Desk, range_: Range = Range.M1) -> Read[bytes]:
    workshop = desk.workshop()
    return read_series(workshop, workshop.select(["AAPL"])[0], range_)


def test_a_price_the_cache_lacks_comes_from_the_database_and_is_kept_again(desk: Desk):
    first, second = latest(desk), latest(desk)
    assert {read.source for read in first.values()} == {Source.DATABASE}
    assert {read.source for read in second.values()} == {Source.CACHE}
    assert {symbol: read.value for symbol, read in first.items()} == {s: read.value for s, read in second.items()}
    assert desk.reads.counts() == ReadCounts(hits=2, misses=2)


def test_a_price_from_the_database_is_the_one_the_writer_put(desk: Desk, filled: Desk):
    written = filled.prices.get(["AAPL", "MSFT"])
    assert len(written) == 2
    assert {symbol: price_json(read.value) for symbol, read in latest(desk).items()} == written
    assert latest(desk)["AAPL"].value.change is not None


def test_an_expired_price_is_a_miss(desk: Desk):
    latest(desk, "AAPL")
    desk.clock.advance(timedelta(seconds=61))
    assert latest(desk, "AAPL")["AAPL"].source is Source.DATABASE
    assert desk.reads.counts() == ReadCounts(misses=2)


def broken(payload: bytes) -> bytes:
    return payload[:-7]


def foreign(payload: bytes) -> bytes:
    return payload.replace(b'"AAPL"', b'"MSFT"')


def misshapen(payload: bytes) -> bytes:
    document = orjson.loads(payload)
    del document["price" if "price" in document else "candles"]
    return orjson.dumps(document)


@pytest.mark.parametrize(
    ("spoil", "counted"),
    [(broken, ReadCounts(corrupt=1)), (misshapen, ReadCounts(corrupt=1)), (foreign, ReadCounts(foreign=1))],
)
def test_a_price_that_cannot_be_believed_is_replaced(desk: Desk, spoil: Callable[[bytes], bytes], counted: ReadCounts):
    right = latest(desk, "AAPL")["AAPL"].value
    desk.reads = ReadTally()
    desk.prices.put({"AAPL": spoil(price_json(right))})
    assert latest(desk, "AAPL")["AAPL"] == Read(right, Source.DATABASE)
    assert desk.reads.counts() == counted
    assert latest(desk, "AAPL")["AAPL"] == Read(right, Source.CACHE)


@pytest.mark.parametrize("range_", [Range.M1, Range.D1])
@pytest.mark.parametrize(
    ("spoil", "counted"),
    [
        (broken, ReadCounts(corrupt=1)),
        (misshapen, ReadCounts(corrupt=1)),
        (foreign, ReadCounts(foreign=1)),
        (lambda payload: payload.replace(b'"timeframe":"1', b'"timeframe":"9'), ReadCounts(corrupt=1)),
        (lambda payload: payload.replace(b'"close":', b'"clo":', 1), ReadCounts(corrupt=1)),
        (lambda payload: payload.replace(b'"range":"1', b'"range":"5'), ReadCounts(foreign=1)),
        (lambda _: b"[1]", ReadCounts(corrupt=1)),
    ],
)
def test_a_series_that_cannot_be_believed_is_replaced(
    desk: Desk, range_: Range, spoil: Callable[[bytes], bytes], counted: ReadCounts
):
    right = series(desk, range_)
    assert spoil(right.value) != right.value
    desk.reads = ReadTally()
    desk.cache.put({("AAPL", range_): spoil(right.value)})
    assert series(desk, range_) == Read(right.value, Source.DATABASE)
    assert desk.reads.counts() == counted
    assert series(desk, range_) == Read(right.value, Source.CACHE)


@pytest.mark.parametrize("range_", [Range.M1, Range.D1, Range.MAX])
def test_a_series_the_cache_lacks_comes_from_the_database(desk: Desk, range_: Range):
    first, second = series(desk, range_), series(desk, range_)
    assert (first.source, second.source) == (Source.DATABASE, Source.CACHE)
    assert first.value == second.value
    document = orjson.loads(first.value)
    assert document["candles"]
    assert (document["range"], document["timeframe"]) == (range_.value, "1h" if range_ is Range.D1 else "1d")


def test_a_cache_that_is_down_slows_answers_and_is_counted(desk: Desk):
    desk.prices.is_down = desk.cache.is_down = True
    assert len(latest(desk)) == 2
    assert series(desk).source is Source.DATABASE
    assert desk.reads.counts() == ReadCounts(down=3)


def test_what_was_never_quoted_is_left_out(desk: Desk):
    desk = Desk(ManualClock(NOW))
    desk.add("AAPL")
    assert latest(desk) == {}
    assert series(desk, Range.D1).source is Source.DATABASE


def test_counting_loses_nothing_between_threads():
    tally = ReadTally()
    threads = [
        Thread(target=lambda: [tally.count([ReadKind.HIT, ReadKind.DOWN]) for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.counts().as_dict() == {"hits": 4000, "misses": 0, "corrupt": 0, "foreign": 0, "down": 4000}
    assert tally.counts().from_database == 4000


def test_all_workshops_made_of_one_count_together(desk: Desk):
    workshop = desk.workshop()
    read_series(replace(workshop, providers=()), workshop.select(["AAPL"])[0], Range.M1)
    assert workshop.reads.counts().misses == 1
