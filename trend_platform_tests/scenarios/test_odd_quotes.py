"""Latest prices that cannot be: set aside and told, never shown to readers; and a feed that stands still."""

from datetime import UTC, datetime, timedelta

import orjson
import polars as pl
import pytest

from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import Aside
from trend_platform.ingest.read import read_latest
from trend_platform.quality.quotes import QuoteLimits
from trend_platform.settings import FaultSettings
from trend_platform_tests.observability.test_messenger import webhook
from trend_platform_tests.scenarios.minutes import MinuteLoop, listening

NOW = datetime(2025, 11, 26, 15, 0, 5, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ODD = [("quote_100x", "price_jump"), ("future_quote", "quote_in_future"), ("zero_price", "price_not_positive")]


def set_aside(loop: MinuteLoop, symbol: str) -> pl.DataFrame:
    one, recently = loop.world.instrument(symbol).instrument_id, Interval(NOW - MINUTE, NOW + timedelta(hours=2))
    return loop.world.storage.market.quarantined([one], Aside.QUOTE, recently)


@pytest.mark.parametrize(("kind", "rule"), ODD)
def test_a_minute_of_prices_that_cannot_be_is_told_and_not_shown(loop: MinuteLoop, kind: str, rule: str) -> None:
    loop.stand_at(NOW)
    loop.activate("AAPL", "BTC-USD")
    loop.prices.run()
    before = loop.price("AAPL")
    loop.stand_at(NOW + MINUTE)
    loop.workshops.faults = (FaultSettings(kind=kind, symbol="AAPL"),)
    with listening(loop.world.redis_url) as heard:
        ran = loop.prices.run()
    assert ran.result.success
    assert (ran.shown["fresh"], ran.shown["set aside"], ran.shown["missing"]) == (1, 1, 1)
    assert f"| AAPL | simulated | {rule} |" in str(ran.shown["what was set aside"])
    assert (loop.price("AAPL"), loop.quoted("AAPL")) == (before, [NOW - SECOND])
    assert [one["symbol"] for one in heard] == ["BTC-USD"]
    assert set_aside(loop, "AAPL")["rule"].to_list() == [rule]
    (record,) = loop.world.storage.runs.latest(1)
    assert (record.kind, orjson.loads(record.outcome)["set_aside"]) == ("latest", 1)
    loop.stand_at(NOW + 2 * MINUTE)
    loop.workshops.faults = ()
    assert loop.prices.run().shown["missing"] == 0
    assert loop.quoted("AAPL") == [NOW - SECOND, NOW + 2 * MINUTE - SECOND]
    assert loop.price("AAPL").quoted_at == NOW + 2 * MINUTE - SECOND


@pytest.mark.parametrize(("kind", "rule"), ODD)
def test_not_even_the_first_price_of_all_is_shown_if_it_cannot_be(loop: MinuteLoop, kind: str, rule: str) -> None:
    loop.stand_at(NOW)
    loop.activate("AAPL")
    loop.workshops.faults = (FaultSettings(kind=kind, symbol="AAPL"),)
    loop.prices.run()
    assert set_aside(loop, "AAPL")["rule"].to_list() == [rule]
    assert read_latest(loop.world.workshop(), [loop.world.instrument("AAPL")]) == {}
    assert loop.quoted("AAPL") == []


def test_a_feed_that_stands_still_is_told_once_and_readers_keep_the_newest_price_that_was_known(
    watched: MinuteLoop,
) -> None:
    with webhook() as inbox:
        watched.workshops.channels = (inbox.url,)
        watched.stand_at(NOW)
        watched.activate("AAPL", "BTC-USD")
        watched.prices.run()
        watched.charts.run()
        before = watched.price("AAPL")
        watched.workshops.faults = (FaultSettings(kind="stale_quote", symbol="AAPL"),)
        for minute in range(1, 7):
            watched.stand_at(NOW + minute * MINUTE)
            ran = watched.prices.run()
            assert (ran.shown["fresh"], ran.shown["unchanged"]) == (1, 1)
            assert ran.check.passed is (minute * MINUTE + SECOND <= QuoteLimits().stale_after)
            watched.alerts.tick()
        assert "AAPL" in str(ran.shown["quotes that stand still"])
        assert "BTC-USD" not in str(ran.shown["what is stale"])
        assert (watched.price("AAPL"), watched.quoted("AAPL")) == (before, [NOW - SECOND])
        watched.workshops.faults = ()
        watched.stand_at(NOW + 7 * MINUTE)
        assert watched.prices.run().check.passed
        assert watched.alerts.tick() == "over: stale:latest_prices"
        watched.alerts.tick()
    assert [message["title"] for _, message in inbox.posts] == [
        "Wrong: stale:latest_prices",
        "Over: stale:latest_prices",
    ]
    assert watched.quoted("AAPL") == [NOW - SECOND, NOW + 7 * MINUTE - SECOND]
