"""Scenario 15: a first "no data here" is provisional, is believed after a second look at a distance, and belief expires."""

from datetime import date, timedelta

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import Range
from trend_platform.settings import FaultSettings
from trend_platform_tests.world import World

HOLE = FaultSettings(kind="hole", symbol="BTC-USD", start="2025-10-10", end="2025-10-13")
AS_OF = date(2026, 2, 27)


def look(world: World, *faults: FaultSettings):
    outcome = world.backfill(Range.Y1, "BTC-USD", as_of=AS_OF, providers=(world.simulated(*faults),))
    return outcome, world.ledger("BTC-USD").gaps


def test_absence_is_provisional_then_believed_then_asked_again(world: World):
    world.add("BTC-USD")
    first, (provisional,) = look(world, HOLE)
    assert (provisional.reason, provisional.is_believed, first.unexplained_missing) == (GapReason.UNKNOWN, False, 3)

    at_once, _ = look(world, HOLE)
    assert at_once.calls == {}

    world.clock.advance(timedelta(hours=13))
    second, (believed,) = look(world, HOLE)
    assert (believed.reason, believed.is_believed, second.unexplained_missing) == (GapReason.NO_TRADES, True, 0)

    world.clock.advance(timedelta(days=3))
    assert look(world, HOLE)[0].calls == {}

    world.clock.advance(timedelta(days=30))
    expired, gaps = look(world)
    assert (expired.received, gaps) == (3, ())


def test_a_listing_is_an_observation_of_the_provider_and_never_inferred_from_what_is_stored(world: World):
    world.add("BTC-USD")
    world.backfill(Range.M1, "BTC-USD", as_of=AS_OF)
    outcome = world.backfill(Range.Y1, "BTC-USD", as_of=AS_OF)
    assert (outcome.received, outcome.explained_missing) == (outcome.expected - 31, 0)
