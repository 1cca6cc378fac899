"""Looking at both sides of new splits: the verdict, what is kept of it, who is told."""

from datetime import date, timedelta

import pytest

from trend_platform.domain.actions import ActionKind
from trend_platform.errors import Transient
from trend_platform.ingest.actions import BEGINNING, WantedActions, refresh_actions
from trend_platform.ingest.own_actions import take_back
from trend_platform.ingest.split_check import METRIC, CheckedSplit, check_splits, new_splits, wrong_splits
from trend_platform.ingest.troubles import market_troubles
from trend_platform.ingest.workshop import drive
from trend_platform.quality.split_sides import SplitVerdict
from trend_platform_tests.ingest.registrar import Registrar
from trend_platform_tests.ingest.stall import Bazaar, Stall

DAY = date(2026, 2, 23)
TWO_FOR_ONE = (DAY, 2.0)
SPLIT = (1, *TWO_FOR_ONE)
DOWN = Transient("one", "down")


@pytest.fixture
def bazaar() -> Bazaar:
    found = Bazaar()
    found.add("AAPL")
    return found


def checked(bazaar: Bazaar, stored: Registrar, *others: Stall) -> CheckedSplit:
    """Store what one provider sells, with the split it tells, and check the split with `others` (else the same one)."""
    bazaar.backfill(stored)
    workshop = bazaar.workshop(stored)
    drive(workshop, refresh_actions(workshop, WantedActions(workshop.select(()), BEGINNING)))
    workshop = bazaar.workshop(*(others or (stored,)))
    pending = new_splits(workshop, workshop.select(()))
    assert [one.ratio for one in pending] == [2.0]
    (found,) = drive(workshop, check_splits(workshop, pending))
    return found


def test_a_split_that_prices_show_and_others_agree_on_is_confirmed_and_done(bazaar: Bazaar) -> None:
    moved = Registrar("one", split_rows=[SPLIT], moved=TWO_FOR_ONE)
    found = checked(bazaar, moved, moved, Registrar("two", moved=TWO_FOR_ONE))
    assert (found.sides.verdict, found.sides.moved) == (SplitVerdict.CONFIRMED, pytest.approx(2.0, rel=0.2))
    assert found.sides.before == {"one": 1.0, "two": 1.0}
    workshop = bazaar.workshop(moved)
    assert new_splits(workshop, workshop.select(())) == ()
    assert wrong_splits(workshop) == ()
    (metric,) = bazaar.storage.metrics.latest(METRIC, 5)
    assert (metric.value, metric.instrument_id, metric.details["verdict"]) == (1.0, 1, "confirmed")


def test_a_split_that_no_price_shows_is_told_to_people(bazaar: Bazaar) -> None:
    found = checked(bazaar, Registrar("one", split_rows=[SPLIT]))
    assert found.sides.verdict is SplitVerdict.NOT_SEEN
    troubles = {one.key: one.summary for one in market_troubles(bazaar.workshop())}
    assert "the split of AAPL on 2026-02-23, 2 for 1, is not seen" in troubles["split:AAPL:2026-02-23"]
    workshop = bazaar.workshop(Registrar("one"))
    assert [one.ex_date for one in new_splits(workshop, workshop.select(()))] == [DAY], "it is looked at again"
    bazaar.clock.advance(timedelta(days=31))
    assert wrong_splits(workshop) == ()


def test_a_false_split_that_is_taken_back_is_nobodys_trouble(bazaar: Bazaar) -> None:
    found = checked(bazaar, Registrar("one", split_rows=[SPLIT]))
    workshop = bazaar.workshop()
    assert len(wrong_splits(workshop)) == 1
    take_back(workshop, found.split.instrument, ActionKind.SPLIT, DAY)
    assert wrong_splits(workshop) == ()


def test_a_side_that_others_tell_otherwise_is_named(bazaar: Bazaar) -> None:
    moved = Registrar("one", split_rows=[SPLIT], moved=TWO_FOR_ONE)
    found = checked(bazaar, moved, Registrar("two"))
    assert (found.sides.verdict, found.sides.before) == (SplitVerdict.BEFORE_DIFFERS, {"two": 2.0})
    other = Bazaar()
    other.add("AAPL")
    whole = Registrar("two", moved=TWO_FOR_ONE, scale=2.0)
    assert checked(other, moved, whole).sides.verdict is SplitVerdict.BEFORE_DIFFERS


def test_a_provider_that_does_not_answer_is_no_witness_and_the_price_speaks_alone(bazaar: Bazaar) -> None:
    moved = Registrar("one", split_rows=[SPLIT], moved=TWO_FOR_ONE)
    found = checked(bazaar, moved, Stall("two", Transient("two", "down")))
    assert (found.sides.verdict, found.sides.before) == (SplitVerdict.CONFIRMED, {})


def test_without_candles_nothing_can_be_said_and_it_is_looked_at_again(bazaar: Bazaar) -> None:
    workshop = bazaar.workshop(Registrar("one", DOWN, split_rows=[SPLIT]))
    teller = bazaar.workshop(Registrar("one", split_rows=[SPLIT]))
    drive(teller, refresh_actions(teller, WantedActions(teller.select(()), BEGINNING)))
    pending = new_splits(workshop, workshop.select(()))
    (found,) = drive(workshop, check_splits(workshop, pending))
    assert found.sides.verdict is SplitVerdict.UNKNOWN
    assert new_splits(workshop, workshop.select(())) == pending


def test_a_split_waits_for_the_close_of_its_first_session(bazaar: Bazaar) -> None:
    today = bazaar.clock.now().date()
    teller = bazaar.workshop(Registrar("one", split_rows=[(1, today, 2.0), (1, today + timedelta(days=1), 2.0)]))
    bazaar.clock.advance(timedelta(hours=-6))
    drive(teller, refresh_actions(teller, WantedActions(teller.select(()), BEGINNING)))
    assert new_splits(teller, teller.select(())) == ()
    bazaar.clock.advance(timedelta(hours=6))
    assert [one.ex_date for one in new_splits(teller, teller.select(()))] == [today]
