"""Delistings that providers tell: who is asked about, which day is believed, what it ends, and who disputes it."""

from datetime import date, timedelta

import pytest

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Transient
from trend_platform.ingest.account import DELISTED_AFTER
from trend_platform.ingest.action_outcome import ActionsOutcome
from trend_platform.ingest.actions import WantedActions, refresh_actions
from trend_platform.ingest.delistings import end_lifetime, looking_gone
from trend_platform.ingest.keeping import open_disputes
from trend_platform.ingest.own_actions import OwnAction, say_action
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform_tests.ingest.registrar import Registrar
from trend_platform_tests.ingest.stall import AS_OF, Bazaar, Stall

SESSIONS = [from_us(one).date() for one in get_calendar("XNYS").sessions_in(days(date(2025, 12, 1), AS_OF))]
GONE = SESSIONS[-DELISTED_AFTER]
"""The first session without a candle."""
LAST = SESSIONS[-DELISTED_AFTER - 1]


def silent(since: date) -> frozenset[date]:
    return frozenset(one for one in SESSIONS if one >= since)


@pytest.fixture
def bazaar() -> Bazaar:
    """AAPL trades; TWX has no candle from `GONE` on."""
    found = Bazaar()
    found.add("AAPL")
    found.backfill(Stall("one"), range_=Range.M3)
    found.add("TWX")
    found.backfill(Stall("one", lacks=silent(GONE)), range_=Range.M3)
    return found


def refresh(bazaar: Bazaar, *providers: Stall) -> ActionsOutcome:
    shop = bazaar.workshop(*providers)
    return drive(shop, refresh_actions(shop, WantedActions(shop.select(()))))


def gone_asked(provider: Registrar) -> list[tuple[str, ...]]:
    return [symbols for what, symbols, _ in provider.questions if what == "delistings"]


def ended(bazaar: Bazaar) -> dict[str, date | None]:
    return {one.symbol: one.delisted_on for one in bazaar.storage.universe.instruments()}


def kept(workshop: Workshop) -> list[tuple[object, ...]]:
    return workshop.storage.actions.of([1, 2]).select("instrument_id", "kind", "ex_date", "provider").rows()


def test_a_share_that_looks_gone_is_asked_about_and_its_delisting_ends_it(bazaar: Bazaar) -> None:
    one = Registrar("one", gone_rows=[(1, GONE), (2, GONE)])
    outcome = refresh(bazaar, one)
    assert gone_asked(one) == [("TWX",)], "nobody asks about the share that trades"
    assert kept(bazaar.workshop()) == [(2, "delisting", GONE, "one")]
    assert ended(bazaar) == {"AAPL": None, "TWX": GONE}
    assert (outcome.told[ActionKind.DELISTING], outcome.untold[ActionKind.DELISTING], outcome.calls["one"]) == (1, 0, 3)


def test_nothing_is_new_the_next_morning_and_after_some_weeks_nobody_asks(bazaar: Bazaar) -> None:
    one = Registrar("one", gone_rows=[(2, GONE)])
    refresh(bazaar, one)
    bazaar.clock.advance(timedelta(days=1))
    assert refresh(bazaar, one).added.is_empty()
    bazaar.clock.advance(timedelta(days=60))
    one.questions.clear()
    refresh(bazaar, one)
    assert gone_asked(one) == []
    assert ended(bazaar)["TWX"] == GONE


def test_a_shorter_silence_or_a_store_that_nobody_filled_is_not_asked_about(bazaar: Bazaar) -> None:
    short = Bazaar()
    short.add("TWX")
    short.backfill(Stall("one", lacks=silent(SESSIONS[1 - DELISTED_AFTER])), range_=Range.M3)
    short.clock.advance(timedelta(days=365))
    shop = short.workshop()
    assert looking_gone(shop, shop.select(())) == {}
    shop = bazaar.workshop()
    assert looking_gone(shop, shop.select(())) == {2: LAST}


def test_a_share_that_trades_again_after_a_long_silence_does_not_look_gone() -> None:
    halted = Bazaar()
    halted.add("TWX")
    lacks = frozenset(SESSIONS[10 : 10 + 2 * DELISTED_AFTER])
    halted.backfill(Stall("one", lacks=lacks), range_=Range.M3)
    shop = halted.workshop()
    (ledger,) = shop.storage.market.ledgers([1], Timeframe.D1).values()
    assert sum(gap.missing for gap in ledger.gaps) >= DELISTED_AFTER
    assert looking_gone(shop, shop.select(())) == {}


def test_without_anybody_who_tells_delistings_a_refresh_is_whole(bazaar: Bazaar) -> None:
    outcome = refresh(bazaar, Registrar("one"))
    assert (ActionKind.DELISTING in outcome.untold, outcome.is_whole, ended(bazaar)["TWX"]) == (False, True, None)


def test_a_last_day_of_trading_means_the_day_after_and_an_earlier_bearer_of_the_symbol_nothing(bazaar: Bazaar) -> None:
    refresh(bazaar, Registrar("one", gone_rows=[(2, date(2001, 1, 12))]))
    assert ended(bazaar)["TWX"] is None
    refresh(bazaar, Registrar("one", gone_rows=[(2, date(2001, 1, 12)), (2, LAST)]))
    assert ended(bazaar)["TWX"] == LAST + timedelta(days=1)


def test_where_one_does_not_answer_the_next_one_does_and_else_it_is_counted(bazaar: Bazaar) -> None:
    down = Registrar("one", Transient("one", "answered 503"), gone_rows=[])
    outcome = refresh(bazaar, down)
    assert (outcome.untold[ActionKind.DELISTING], outcome.is_whole) == (1, False)
    assert ("one", "delistings") in {(one.provider, one.symbol) for one in outcome.failures}
    refresh(bazaar, down, Registrar("two", gone_rows=[(2, GONE)]))
    assert kept(bazaar.workshop()) == [(2, "delisting", GONE, "two")]


def test_what_a_person_said_is_believed_and_another_day_is_a_dispute(bazaar: Bazaar) -> None:
    said, shop = GONE + timedelta(days=3), bazaar.workshop()
    say_action(shop, shop.select(["TWX"])[0], OwnAction(ActionKind.DELISTING, said))
    for _ in range(2):
        refresh(bazaar, Registrar("one", gone_rows=[(2, GONE)]))
    assert (kept(shop), ended(bazaar)["TWX"]) == ([(2, "delisting", said, "user")], said)
    (dispute,) = open_disputes(shop)
    assert (dispute.details["kind"], dispute.details["other_date"]) == ("delisting", GONE.isoformat())


def test_its_own_provider_moves_it(bazaar: Bazaar) -> None:
    refresh(bazaar, Registrar("one", gone_rows=[(2, GONE)]))
    later = GONE + timedelta(days=1)
    refresh(bazaar, Registrar("one", gone_rows=[(2, later)]))
    assert (kept(bazaar.workshop()), ended(bazaar)["TWX"]) == ([(2, "delisting", later, "one")], later)


def test_an_announced_one_that_is_told_no_more_is_withdrawn_and_the_share_goes_on(bazaar: Bazaar) -> None:
    ahead = bazaar.clock.now().date() + timedelta(days=9)
    refresh(bazaar, Registrar("one", gone_rows=[(2, ahead)]))
    assert ended(bazaar)["TWX"] == ahead
    refresh(bazaar, Registrar("one", gone_rows=[]))
    assert (kept(bazaar.workshop()), ended(bazaar)["TWX"]) == ([], None)


def test_a_kept_delisting_without_its_effect_gets_it_at_the_next_refresh(bazaar: Bazaar) -> None:
    one = Registrar("one", gone_rows=[(2, GONE)])
    refresh(bazaar, one)
    shop = bazaar.workshop()
    end_lifetime(shop, shop.select(["TWX"])[0], None)
    refresh(bazaar, one)
    assert ended(bazaar)["TWX"] == GONE
