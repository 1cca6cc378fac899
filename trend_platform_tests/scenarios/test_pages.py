"""Scenarios 2, 3 and 4: pages that fail, pages that do not join, candles of another length."""

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import Range
from trend_platform.settings import FaultSettings
from trend_platform_tests.world import World

# The simulated provider's pages hold 5,000 candles: the whole history of a stock takes four.


def test_a_page_that_fails_twice_and_then_works_leaves_no_trace_but_the_calls(world: World):
    world.add("MSFT", "AAPL")
    clean = world.backfill(Range.MAX, "MSFT")
    fault = FaultSettings(kind="page_fails", symbol="AAPL", times=2)
    outcome = world.backfill(Range.MAX, "AAPL", providers=(world.simulated(fault),))
    assert (outcome.unexplained_missing, outcome.failures) == (0, ())
    assert outcome.calls["simulated"] == clean.calls["simulated"] + 2
    assert outcome.stored == outcome.expected - outcome.explained_missing


def test_a_page_that_fails_for_good_keeps_the_pages_before_it_and_names_the_missing_span(world: World):
    world.add("AAPL")
    fault = FaultSettings(kind="page_fails", symbol="AAPL", start="2010-01-01", end="2030-01-01")
    outcome = world.backfill(Range.MAX, "AAPL", providers=(world.simulated(fault),))
    (failure,) = outcome.failures
    (gap,) = (gap for gap in outcome.accounts[0].gaps if not gap.reason.explains)
    stored = world.stored_days("AAPL")
    assert (failure.symbol, failure.kind) == ("AAPL", "Transient")
    assert 0 < len(stored) < outcome.expected
    assert (gap.reason, gap.interval.start.date() > stored[-1]) == (GapReason.FETCH_FAILED, True)
    assert outcome.unexplained_missing == gap.missing > 0
    healed = world.backfill(Range.MAX, "AAPL")
    assert (healed.unexplained_missing, healed.received) == (0, gap.missing)


def test_a_page_that_starts_one_candle_late_is_noticed_and_asked_again(world: World):
    world.add("MSFT", "AAPL")
    clean = world.backfill(Range.MAX, "MSFT")
    fault = FaultSettings(kind="late_page", symbol="AAPL", times=1)
    outcome = world.backfill(Range.MAX, "AAPL", providers=(world.simulated(fault),))
    assert (outcome.unexplained_missing, outcome.failures) == (0, ())
    assert outcome.stored == outcome.expected - outcome.explained_missing
    assert outcome.calls["simulated"] > clean.calls["simulated"]


def test_candles_of_another_length_are_refused_whole(world: World):
    world.add("BTC-USD")
    fault = FaultSettings(kind="wrong_granularity", symbol="BTC-USD")
    outcome = world.backfill(Range.M1, "BTC-USD", providers=(world.simulated(fault),))
    assert (outcome.received, world.stored_days("BTC-USD")) == (0, [])
    assert [failure.kind for failure in outcome.failures] == ["GranularityMismatch"]
    assert world.backfill(Range.M1, "BTC-USD").unexplained_missing == 0
