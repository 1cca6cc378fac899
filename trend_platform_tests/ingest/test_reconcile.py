"""A sample of the series is compared with what a second provider tells; no stored row changes."""

from datetime import date

import pytest

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.ranges import Range
from trend_platform.domain.scores import ScoreKey
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Transient
from trend_platform.ingest.reconcile import METRIC, _draw
from trend_platform_tests.ingest.stall import NOW, Bazaar, Stall


@pytest.fixture
def bazaar() -> Bazaar:
    found = Bazaar()
    found.add("AAPL")
    return found


def test_two_that_tell_the_same_agree(bazaar: Bazaar):
    outcome = bazaar.backfill(Stall("one"), Stall("two"), range_=Range.M3, reconcile_share=1.0)
    (metric,) = bazaar.storage.metrics.latest(METRIC, 5)
    (instrument,) = bazaar.storage.universe.instruments()
    assert (metric.value, metric.instrument_id, metric.timeframe) == (1.0, instrument.instrument_id, Timeframe.D1)
    said = {name: metric.details[name] for name in ("verdict", "provider", "other", "candles")}
    assert said == {"verdict": "agree", "provider": "one", "other": "two", "candles": 57}
    assert outcome.calls == {"one": 1, "two": 1}


def test_one_whose_prices_are_a_hundred_times_as_high_is_found_out_and_nothing_stored_changes(bazaar: Bazaar):
    bazaar.backfill(Stall("one"), Stall("two", scale=100.0), range_=Range.M3, reconcile_share=1.0)
    (metric,) = bazaar.storage.metrics.latest(METRIC, 5)
    assert (metric.details["verdict"], metric.details["ratio"]) == ("scale_off", pytest.approx(100.0))
    assert (bazaar.senders(), bazaar.rows()["close"].max() < 200) == ({"one"}, True)
    scores = bazaar.storage.scores.all(NOW, bazaar.policy.half_life)
    keys = [ScoreKey(name, Capability.DAILY, AssetClass.STOCK) for name in ("one", "two")]
    assert [scores[key].disagreement for key in keys] == [1.0, 1.0]


@pytest.mark.parametrize("second", [Stall("two", Transient("two", "down")), Stall("two", lacks=frozenset())])
def test_a_second_one_that_does_not_answer_is_no_failure_of_the_run(bazaar: Bazaar, second: Stall):
    outcome = bazaar.backfill(Stall("one"), second, range_=Range.M3, reconcile_share=1.0)
    assert (outcome.failures, outcome.is_complete) == ((), True)


def test_nobody_is_asked_where_the_share_is_none_or_nothing_was_fetched(bazaar: Bazaar):
    two = Stall("two")
    bazaar.backfill(Stall("one"), two)
    bazaar.backfill(Stall("one"), two, reconcile_share=1.0)
    assert (two.asked, bazaar.storage.metrics.latest(METRIC, 5)) == ([], ())


def test_with_one_provider_there_is_nothing_to_compare(bazaar: Bazaar):
    assert bazaar.backfill(Stall("one"), reconcile_share=1.0).calls == {"one": 1}


def test_the_sample_is_its_share_is_the_same_all_day_and_another_one_tomorrow():
    today, tomorrow = date(2026, 3, 4).isoformat(), date(2026, 3, 5).isoformat()
    drawn = {number for number in range(10_000) if _draw(f"S{number}", today) < 0.01}
    assert 60 < len(drawn) < 140
    assert drawn == {number for number in range(10_000) if _draw(f"S{number}", today) < 0.01}
    assert len(drawn & {number for number in range(10_000) if _draw(f"S{number}", tomorrow) < 0.01}) < 10
