"""What a person says: a symbol that becomes another one, a delisting, a split nobody tells; and taking it back."""

from dataclasses import replace
from datetime import date

import orjson
import pytest

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.errors import UsageError
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.own_actions import OwnAction, say_action, take_back
from trend_platform.ingest.read import Source, read_series
from trend_platform.ingest.run import run
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform_tests.ingest.registrar import Registrar
from trend_platform_tests.ingest.stall import AS_OF, Bazaar

CHANGED = date(2026, 2, 20)
TO_META = OwnAction(ActionKind.SYMBOL_CHANGE, CHANGED, symbol="META")


@pytest.fixture
def bazaar() -> Bazaar:
    found = Bazaar()
    found.add("FB", "AAPL", "BTC-USD")
    found.backfill(Registrar("one"))
    return found


@pytest.fixture
def workshop(bazaar: Bazaar) -> Workshop:
    return bazaar.workshop(Registrar("one"))


def series(workshop: Workshop, symbol: str, range_: Range = Range.M3) -> list[object]:
    read = read_series(workshop, workshop.select([symbol])[0], range_)
    return [one["close"] for one in orjson.loads(read.value)["candles"]]


def test_the_whole_history_is_served_under_the_new_symbol_and_the_old_one_leads_there(
    bazaar: Bazaar, workshop: Workshop
) -> None:
    before, rows = series(workshop, "FB"), bazaar.rows("FB")
    after = say_action(workshop, workshop.select(["FB"])[0], TO_META)
    assert (after.symbol, series(workshop, "META")) == ("META", before)
    assert workshop.select(["FB", "META"]) == (after,)
    assert bazaar.rows("META").equals(rows)
    assert workshop.cache.get("FB", Range.M3) is None
    assert read_series(workshop, after, Range.M3).source is Source.CACHE
    (action,) = workshop.storage.actions.of([after.instrument_id]).to_dicts()
    assert (action["kind"], action["ex_date"], action["detail"], action["provider"]) == (
        "symbol_change", CHANGED, "FB", "user"
    )  # fmt: skip


def test_a_symbol_that_is_listed_anew_means_the_new_one(workshop: Workshop) -> None:
    say_action(workshop, workshop.select(["FB"])[0], TO_META)
    (anew,) = add_symbols(workshop.storage.universe, ["FB"])
    assert workshop.select(["FB"]) == (anew,)
    assert workshop.select(["META"])[0].instrument_id != anew.instrument_id


def test_a_new_symbol_that_is_in_the_universe_is_refused_and_nothing_is_kept(workshop: Workshop) -> None:
    with pytest.raises(UsageError, match="AAPL is in the universe beside FB: take it out first"):
        say_action(workshop, workshop.select(["FB"])[0], replace(TO_META, symbol="AAPL"))
    assert workshop.storage.actions.of([1, 2, 3]).is_empty()


def test_a_change_of_symbol_that_is_taken_back_never_was(workshop: Workshop) -> None:
    before = series(workshop, "FB")
    say_action(workshop, workshop.select(["FB"])[0], TO_META)
    after = take_back(workshop, workshop.select(["META"])[0], ActionKind.SYMBOL_CHANGE, CHANGED)
    assert (after.symbol, series(workshop, "FB")) == ("FB", before)
    with pytest.raises(UsageError, match="META"):
        workshop.select(["META"])


def test_after_a_delisting_no_candle_is_expected_and_none_is_asked_for(bazaar: Bazaar, workshop: Workshop) -> None:
    one = workshop.select(["FB"])[0]
    after = say_action(workshop, one, OwnAction(ActionKind.DELISTING, CHANGED, remark="taken over"))
    assert after.delisted_on == CHANGED
    stall = Registrar("one")
    outcome = drive(
        workshop,
        run(replace(workshop, providers=(stall,)), wanted_of(workshop, [Range.M1], ["FB"], AS_OF, refresh=True)),
    )
    sessions = get_calendar("XNYS").sessions_in(days(date(2026, 1, 28), date(2026, 2, 19)))
    assert outcome.expected == len(sessions)
    assert add_symbols(workshop.storage.universe, ["FB"])[0].delisted_on == CHANGED
    assert take_back(workshop, after, ActionKind.DELISTING, CHANGED).delisted_on is None


def test_a_split_of_ones_own_is_read_at_once_and_taken_back_as_well(workshop: Workshop) -> None:
    before = series(workshop, "AAPL")
    one = workshop.select(["AAPL"])[0]
    say_action(workshop, one, OwnAction(ActionKind.SPLIT, CHANGED, ratio=2.0))
    halved = series(workshop, "AAPL")
    assert halved[0] == before[0] / 2
    assert halved[-1] == before[-1]
    take_back(workshop, one, ActionKind.SPLIT, CHANGED)
    assert series(workshop, "AAPL") == before


def test_what_cannot_be_is_refused(workshop: Workshop) -> None:
    coin = workshop.select(["BTC-USD"])[0]
    with pytest.raises(UsageError, match="only shares and funds split or pay"):
        say_action(workshop, coin, OwnAction(ActionKind.SPLIT, CHANGED, ratio=2.0))
    with pytest.raises(UsageError, match="no split of FB is known for 2026-02-20"):
        take_back(workshop, workshop.select(["FB"])[0], ActionKind.SPLIT, CHANGED)
