"""Refreshing corporate actions: who is asked, what is kept, who disputes it, which hot series change."""

from datetime import date, timedelta

import orjson
import polars as pl
import pytest

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.ranges import Range
from trend_platform.errors import Transient, UsageError
from trend_platform.ingest.action_outcome import ActionsOutcome
from trend_platform.ingest.actions import BEGINNING, WantedActions, refresh_actions
from trend_platform.ingest.keeping import open_disputes
from trend_platform.ingest.read import Source, read_series
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform_tests.ingest.registrar import Registrar
from trend_platform_tests.ingest.stall import Bazaar, Stall

DOWN = Transient("one", "answered 503")
SPLIT_DAY, PAID_DAY = date(2026, 2, 23), date(2026, 2, 10)
SPLIT, PAID = (1, SPLIT_DAY, 2.0), (1, PAID_DAY, 0.5)
RECENT = date(2026, 1, 18)


@pytest.fixture
def bazaar() -> Bazaar:
    found = Bazaar()
    found.add("AAPL", "MSFT", "BTC-USD")
    return found


def refresh(
    bazaar: Bazaar, *providers: Stall, since: date | None = BEGINNING, workshop: Workshop | None = None, **wanted: bool
) -> ActionsOutcome:
    shop = workshop or bazaar.workshop(*providers)
    return drive(shop, refresh_actions(shop, WantedActions(shop.select(()), since, **wanted)))


def kept(bazaar: Bazaar) -> list[tuple[object, ...]]:
    actions = bazaar.storage.actions.of([1, 2, 3])
    return actions.select("instrument_id", "kind", "ex_date", pl.coalesce("ratio", "amount"), "provider").rows()


def test_what_the_first_tells_is_kept_and_the_account_says_so(bazaar: Bazaar) -> None:
    outcome = refresh(bazaar, Registrar("one", split_rows=[SPLIT], paid_rows=[PAID]))
    assert kept(bazaar) == [(1, "dividend", PAID_DAY, 0.5, "one"), (1, "split", SPLIT_DAY, 2.0, "one")]
    assert (outcome.instruments, outcome.added.height, outcome.calls, outcome.is_whole) == (2, 2, {"one": 2}, True)
    assert outcome.told == {ActionKind.SPLIT: 1, ActionKind.DIVIDEND: 1}
    assert refresh(bazaar, Registrar("one", split_rows=[SPLIT], paid_rows=[PAID])).added.is_empty()
    assert bazaar.storage.runs.latest(1)[0].kind == "actions"


def test_where_one_does_not_answer_the_next_one_does(bazaar: Bazaar) -> None:
    two = Registrar("two", split_rows=[SPLIT], paid_rows=[PAID])
    outcome = refresh(bazaar, Registrar("one", DOWN), two)
    assert {row[-1] for row in kept(bazaar)} == {"two"}
    assert [(one.provider, one.symbol) for one in outcome.failures] == [("one", "splits"), ("one", "dividends")]
    assert outcome.failures[0].kind == "Transient"
    assert outcome.is_whole


def test_what_nobody_tells_is_counted(bazaar: Bazaar) -> None:
    outcome = refresh(bazaar, Registrar("one", DOWN))
    assert (outcome.untold, outcome.is_whole) == ({ActionKind.SPLIT: 2, ActionKind.DIVIDEND: 2}, False)


def test_a_second_one_is_asked_about_what_is_new_and_nobody_else(bazaar: Bazaar) -> None:
    two = Registrar("two", split_rows=[(1, SPLIT_DAY, 3.0)])
    outcome = refresh(bazaar, Registrar("one", split_rows=[SPLIT, (2, date(2020, 1, 6), 2.0)]), two)
    assert two.questions == [("splits", ("AAPL",), RECENT)]
    assert kept(bazaar)[0] == (1, "split", SPLIT_DAY, 2.0, "one")
    assert outcome.disputes.select("value", "other", "other_value").rows() == [(2.0, "two", 3.0)]
    (metric,) = open_disputes(bazaar.workshop())
    assert (metric.instrument_id, metric.value, metric.details["other_date"]) == (1, 3.0, "2026-02-23")


def test_a_second_one_that_knows_nothing_of_a_new_split_disputes_it(bazaar: Bazaar) -> None:
    outcome = refresh(bazaar, Registrar("one", split_rows=[SPLIT]), Registrar("two"))
    assert outcome.disputes.select("other", "other_date", "other_value").rows() == [("two", None, None)]


def test_a_dispute_is_recorded_once_and_is_over_when_what_is_kept_changes(bazaar: Bazaar) -> None:
    one, two = Registrar("one", split_rows=[SPLIT]), Registrar("two", split_rows=[(1, SPLIT_DAY, 3.0)])
    refresh(bazaar, one, two)
    refresh(bazaar, two)
    assert len(bazaar.storage.metrics.latest("action_dispute", 10)) == 1
    refresh(bazaar, Registrar("one", split_rows=[(1, SPLIT_DAY, 3.0)]))
    assert open_disputes(bazaar.workshop()) == ()


def test_no_witness_is_asked_who_is_not_wanted(bazaar: Bazaar) -> None:
    two = Registrar("two")
    refresh(bazaar, Registrar("one", split_rows=[SPLIT]), two, has_witness=False)
    assert two.questions == []


def test_the_last_weeks_are_asked_of_who_is_known_and_everything_where_nobody_is(bazaar: Bazaar) -> None:
    one = Registrar("one", split_rows=[SPLIT], paid_rows=[PAID])
    refresh(bazaar, one, since=None)
    assert one.questions == [("splits", ("AAPL", "MSFT"), BEGINNING), ("dividends", ("AAPL", "MSFT"), BEGINNING)]
    one.questions.clear()
    refresh(bazaar, one, since=None)
    assert one.questions == [("splits", ("AAPL", "MSFT"), RECENT), ("dividends", ("AAPL", "MSFT"), RECENT)]
    one.questions.clear()
    refresh(bazaar, one, since=None, has_history=True)
    assert one.questions[:2] == [("splits", ("AAPL",), RECENT), ("splits", ("MSFT",), BEGINNING)]


def test_a_split_rewrites_nothing_and_the_ranges_it_touches_are_hot_on_the_new_count(bazaar: Bazaar) -> None:
    bazaar.backfill(Registrar("one", moved=(SPLIT_DAY, 2.0)))
    before = bazaar.rows()
    workshop = bazaar.workshop(Registrar("one", split_rows=[SPLIT]))
    outcome = refresh(bazaar, workshop=workshop)
    assert bazaar.rows().equals(before)
    # As of 4 March the week began after the split.
    assert (outcome.series_written, outcome.series_skipped) == (8, 0)
    aapl = workshop.select(["AAPL"])[0]
    assert read_series(workshop, aapl, Range.D7).source is Source.DATABASE
    read = read_series(workshop, aapl, Range.M3)
    assert read.source is Source.CACHE
    closes = [one["close"] for one in orjson.loads(read.value)["candles"]]
    assert max(closes) / min(closes) < 1.5


def test_a_split_that_was_announced_is_hot_on_the_day_it_comes(bazaar: Bazaar) -> None:
    bazaar.backfill(Registrar("one"))
    ahead = Registrar("one", split_rows=[(1, date(2026, 3, 6), 2.0)])
    assert refresh(bazaar, ahead).series_written == 0
    bazaar.clock.advance(timedelta(days=2))
    outcome = refresh(bazaar, ahead)
    assert (outcome.added.height, outcome.series_written) == (0, 9)


def test_without_anybody_who_tells_the_user_is_told(bazaar: Bazaar) -> None:
    with pytest.raises(UsageError, match="no provider at hand tells splits or dividends; at hand: one"):
        refresh(bazaar, Stall("one"))


def test_a_backfill_keeps_what_another_provider_has_said_and_records_the_dispute(bazaar: Bazaar) -> None:
    refresh(bazaar, Registrar("one", split_rows=[SPLIT]))
    bazaar.backfill(Registrar("two", split_rows=[(1, SPLIT_DAY, 3.0)]))
    assert kept(bazaar) == [(1, "split", SPLIT_DAY, 2.0, "one")]
    assert [one.details["other_value"] for one in open_disputes(bazaar.workshop())] == [3.0]
