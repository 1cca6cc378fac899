"""Latest prices from several providers: who is left alone, who is asked as well, and what the scorecard learns."""

import pytest

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.scores import ScoreKey
from trend_platform.errors import Transient
from trend_platform.ingest.latest import LatestOutcome, refresh_latest
from trend_platform.ingest.ordering import OrderPolicy
from trend_platform.ingest.workshop import drive
from trend_platform_tests.ingest.stall import NOW, Bazaar, Stall

DOWN = Transient("one", "answered 503")


@pytest.fixture
def bazaar() -> Bazaar:
    found = Bazaar()
    found.add("AAPL", "BTC-USD")
    return found


def refreshed(bazaar: Bazaar, *stalls: Stall, **policy: object) -> LatestOutcome:
    workshop = bazaar.workshop(*stalls, **policy)
    return drive(workshop, refresh_latest(workshop, bazaar.storage.universe.instruments()))


def senders(outcome: LatestOutcome) -> dict[str, str]:
    return {price.symbol: price.provider for price in outcome.prices}


def test_a_provider_that_keeps_failing_is_not_asked_every_minute(bazaar: Bazaar):
    one, two = Stall("one", DOWN), Stall("two")
    for _ in range(8):
        assert senders(refreshed(bazaar, one, two)) == {"AAPL": "two", "BTC-USD": "two"}
    assert len(one.quoted) == 5 * 2


def test_latest_prices_have_an_order_of_their_own(bazaar: Bazaar):
    order = OrderPolicy(special={"latest.crypto": ("two",), "daily_history": ("two",)})
    assert senders(refreshed(bazaar, Stall("one"), Stall("two"), order=order)) == {"AAPL": "one", "BTC-USD": "two"}


def test_a_slow_provider_is_hedged_where_the_user_asked_for_it(bazaar: Bazaar):
    outcome = refreshed(bazaar, Stall("one", slow_seconds=5.0), Stall("two"), hedges={"one": 0.02})
    assert senders(outcome) == {"AAPL": "two", "BTC-USD": "two"}
    assert (outcome.failures, outcome.calls, outcome.seconds < 2) == ((), {"one": 1, "two": 1}, True)


def test_the_slow_answer_still_counts_where_the_stand_in_fails(bazaar: Bazaar):
    outcome = refreshed(bazaar, Stall("one", slow_seconds=0.2), Stall("two", DOWN), hedges={"one": 0.02})
    assert senders(outcome) == {"AAPL": "one", "BTC-USD": "one"}


def test_without_being_asked_for_a_slow_provider_is_waited_for(bazaar: Bazaar):
    two = Stall("two")
    assert senders(refreshed(bazaar, Stall("one", slow_seconds=0.05), two)) == {"AAPL": "one", "BTC-USD": "one"}
    assert two.quoted == []


def test_the_scorecard_learns_of_quotes_and_failures(bazaar: Bazaar):
    refreshed(bazaar, Stall("one", DOWN), Stall("two"))
    scores = bazaar.storage.scores.all(NOW, bazaar.policy.half_life)
    one, two = (scores[ScoreKey(name, Capability.LATEST, AssetClass.CRYPTO)] for name in ("one", "two"))
    assert (one.asked, one.success_rate, two.success_rate, two.quoted, two.stale) == (1.0, 0.0, 1.0, 1.0, 0.0)
