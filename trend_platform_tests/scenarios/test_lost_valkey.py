"""Scenario 20: Valkey dies during minute runs, or is lost whole: readers are slower, never wrong, and the next minute is hot."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis

from trend_platform.cli.main import run
from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.ingest.audit import Compared, compare_series
from trend_platform.ingest.day_chart import day_charts
from trend_platform.ingest.read import ReadCounts, Source, read_latest, read_series
from trend_platform.ingest.series import refresh_series
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.scenarios.minutes import MinuteLoop, listening
from trend_platform_tests.scenarios.own_servers import OwnValkey

NOW = datetime(2025, 11, 26, 15, 0, 5, tzinfo=UTC)
SECOND, MINUTE, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10)
BOTH = ("AAPL", "BTC-USD")


def begin(loop: MinuteLoop, *symbols: str) -> None:
    loop.stand_at(NOW)
    loop.activate(*symbols)
    loop.prices.run()
    loop.charts.run()


def test_valkey_killed_under_a_run_costs_speed_only_and_is_hot_in_the_minute_after_it_is_back(
    loop: MinuteLoop, own_valkey: OwnValkey
) -> None:
    begin(loop, *BOTH)
    reader, instruments = loop.world.workshop(), [loop.world.instrument(symbol) for symbol in BOTH]
    aapl = instruments[0]
    loop.stand_at(NOW + TEN_MINUTES)
    loop.workshops.meanwhile = own_valkey.kill
    ran = loop.prices.run()
    assert (ran.result.success, ran.check.passed, ran.shown["fresh"], ran.shown["cache skipped"]) == (True, True, 2, 2)
    assert "the cache is down, readers read the database" in str(ran.shown["verdict"])
    assert loop.charts.run().check.passed
    found = read_latest(reader, instruments)
    assert {one: (read.source, read.value.quoted_at) for one, read in found.items()} == dict.fromkeys(
        BOTH, (Source.DATABASE, NOW + TEN_MINUTES - SECOND)
    )
    chart = read_series(reader, aapl, Range.D1)
    assert json.loads(chart.value)["candles"][-1]["close"] == loop.hours("AAPL")[-1].close
    assert reader.reads.counts() == ReadCounts(down=3)
    own_valkey.start()
    loop.stand_at(NOW + 2 * TEN_MINUTES)
    with listening(loop.world.redis_url) as heard:
        assert loop.prices.run().shown["cache skipped"] == 0
    assert loop.charts.run().check.passed
    assert sorted(str(one["symbol"]) for one in heard) == sorted(BOTH)
    assert {read.source for read in read_latest(reader, instruments).values()} == {Source.CACHE}
    assert read_series(reader, aapl, Range.D1).source is Source.CACHE
    assert reader.reads.counts() == ReadCounts(hits=3, down=3)
    for symbol in BOTH:
        assert loop.quoted(symbol) == [NOW + passed - SECOND for passed in (0 * SECOND, TEN_MINUTES, 2 * TEN_MINUTES)]
    loop.check_books()


def test_a_reader_does_not_notice_a_valkey_that_restarted_between_two_reads(
    loop: MinuteLoop, own_valkey: OwnValkey
) -> None:
    begin(loop, "AAPL")
    reader, aapl = loop.world.workshop(), loop.world.instrument("AAPL")
    sources = []
    for _ in range(2):
        sources.append(read_latest(reader, [aapl])["AAPL"].source)
        own_valkey.kill()
        own_valkey.start()
    sources += [read_latest(reader, [aapl])["AAPL"].source for _ in range(2)]
    assert sources == [Source.CACHE, Source.DATABASE, Source.DATABASE, Source.CACHE]
    assert reader.reads.counts() == ReadCounts(hits=2, misses=2)


def test_everything_that_was_lost_with_valkey_is_back_by_one_command_and_equals_the_database(
    loop: MinuteLoop, own_valkey: OwnValkey, capsys: pytest.CaptureFixture[str]
) -> None:
    symbols = ("AAPL", "SPY", "BTC-USD")
    begin(loop, *symbols)
    workshop, instruments = loop.world.workshop(), [loop.world.instrument(symbol) for symbol in symbols]
    refresh_series(workshop, instruments, HISTORICAL_RANGES)
    before = everything(loop)
    own_valkey.kill()
    own_valkey.start()
    assert everything(loop) == {}
    assert run(["cache", "rebuild", "--json"], GivenSession(workshop)) == 0
    assert json.loads(capsys.readouterr().out) == {"series": 27, "hourly": 3, "prices": 3, "skipped": 0}
    assert everything(loop) == before
    assert compare_series(workshop, instruments, HISTORICAL_RANGES) == Compared(equal=27, absent=0)
    assert {one: loop.world.cache.get(one, Range.D1) for one in symbols} == day_charts(workshop, instruments)
    hot = {symbol: loop.price(symbol) for symbol in symbols}
    loop.expire()
    told = read_latest(workshop, instruments)
    assert {symbol: read.value for symbol, read in told.items()} == hot
    assert {read.source for read in told.values()} == {Source.DATABASE}


def everything(loop: MinuteLoop) -> dict[bytes, bytes]:
    """Return all that lies in Valkey."""
    with redis.Redis.from_url(loop.world.redis_url) as valkey:
        keys = sorted(valkey.scan_iter())
        return dict(zip(keys, valkey.mget(keys), strict=True)) if keys else {}
