from datetime import UTC, datetime, timedelta

import orjson
import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.quotes import as_quotes
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import QuotaExhausted, Transient
from trend_platform.ingest.troubles import grace_of, market_troubles
from trend_platform_tests.ingest.floor import Floor, Habitual

QUOTA = {
    "symbol": "AAPL",
    "provider": "polygon",
    "kind": QuotaExhausted.__name__,
    "message": "polygon: 500 calls a day",
}


@pytest.fixture
def floor() -> Floor:
    return Floor(ManualClock(datetime(2026, 3, 4, 17, 10, tzinfo=UTC)))


def found(floor: Floor) -> dict[str, str]:
    silent = Habitual(floor.simulated(), quotes=frozenset(), timeframes=frozenset({Timeframe.M1}))
    return {one.key: one.summary for one in market_troubles(floor.workshop(silent))}


def record(floor: Floor, kind: str, outcome: object) -> None:
    run_id = floor.storage.runs.start(kind, "{}", floor.clock.now())
    floor.storage.runs.finish(run_id, "done", orjson.dumps(outcome).decode(), floor.clock.now())


def test_stale_data_is_one_trouble_per_kind_and_what_was_never_there_another(floor: Floor):
    old, _, fine = floor.add("AAPL", "MSFT", "NVDA")
    floor.hourly([old, fine])
    quotes = [(old.instrument_id, floor.clock.now() - timedelta(hours=1)), (fine.instrument_id, floor.clock.now())]
    rows = [{"instrument_id": one, "quoted_at": at, "provider": "simulated", "price": 1.0} for one, at in quotes]
    floor.storage.quotes.add(as_quotes(pl.DataFrame(rows).with_columns(pl.col("quoted_at").alias("fetched_at"))))
    troubles = {one.key: one.summary for one in market_troubles(floor.workshop())}
    assert set(troubles) == {
        "stale:latest_prices",
        "missing:latest_prices",
        "missing:hourly_candles",
        "missing:daily_candles",
    }
    assert troubles["stale:latest_prices"].startswith("latest prices of 1 of 2 instruments are stale: AAPL: ")
    assert troubles["missing:hourly_candles"].startswith(
        "hourly candles of 1 of 3 instruments are stale: MSFT: there is no"
    )


def test_only_what_people_look_at_can_be_stale(floor: Floor):
    floor.add("AAPL")
    floor.storage.interests.hide()
    assert market_troubles(floor.workshop()) == ()


def test_a_quota_that_is_used_up_is_a_trouble_for_half_an_hour(floor: Floor):
    record(floor, "latest", {"failures": [QUOTA, {**QUOTA, "symbol": "MSFT"}]})
    floor.clock.advance(timedelta(minutes=30))
    assert found(floor) == {
        "quota:polygon": "the quota of polygon is used up: polygon: 500 calls a day (met by a run of kind latest at "
        "2026-03-04 17:10 UTC); until it resets, other providers serve what they can"
    }
    floor.clock.advance(timedelta(seconds=1))
    assert found(floor) == {}


def test_other_failures_and_runs_that_failed_are_no_quota(floor: Floor):
    record(floor, "latest", {"failures": [{**QUOTA, "kind": Transient.__name__, "message": "no QuotaExhausted"}]})
    record(floor, "backfill", {"error": "QuotaExhausted"})
    floor.storage.runs.start("backfill", "{}", floor.clock.now())
    assert found(floor) == {}


def test_only_what_was_never_there_has_a_grace():
    assert grace_of("missing:latest_prices") > grace_of("stale:latest_prices") == timedelta(0)
