"""Who stands in for whom, in which order, and what a stand-in may not change."""

import asyncio
import logging
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.candles import Basis
from trend_platform.domain.capability import Capability
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.ranges import Range
from trend_platform.domain.scores import Score, ScoreKey
from trend_platform.errors import AuthFailed, Transient
from trend_platform.ingest.ordering import OrderPolicy
from trend_platform.providers.watching import tell_attempt
from trend_platform.settings import ReplacePolicy
from trend_platform_tests.ingest.stall import NOW, Bazaar, Stall

DOWN = Transient("one", "answered 503")
SYMBOLS = tuple(f"S{letter}" for letter in "ABCDEFGHIJKLMNOPQRST")


@pytest.fixture
def bazaar() -> Bazaar:
    found = Bazaar()
    found.add("AAPL")
    return found


def kinds(outcome, symbol: str = "AAPL") -> list[tuple[str, str, str]]:
    return [(one.provider, one.kind, one.served_by) for one in outcome.failures if one.symbol == symbol]


def test_a_dead_provider_costs_a_few_questions_and_everything_is_served_by_the_next(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    one, two = Stall("one", DOWN, concurrency=3), Stall("two")
    outcome = bazaar.backfill(one, two)
    assert (5 <= len(one.asked) <= 7, outcome.unexplained_missing) == (True, 0)
    assert {kind for symbol in SYMBOLS for kind in kinds(outcome, symbol)} >= {("one", "CircuitOpen", "two")}
    assert all(bazaar.senders(symbol) == {"two"} for symbol in SYMBOLS)


def test_whoever_is_alone_is_asked_for_everything_however_often_it_fails(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    one = Stall("one", DOWN)
    bazaar.backfill(one)
    assert len(one.asked) == len(SYMBOLS) + 1


def test_what_was_learnt_of_a_provider_holds_in_the_next_run(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    one, two = Stall("one", DOWN), Stall("two")
    bazaar.backfill(one, two)
    bazaar.backfill(one, two, refresh=True)
    assert len(one.asked) == 5


def test_a_provider_that_is_back_is_found_out_by_one_question(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    one, two = Stall("one", DOWN), Stall("two")
    bazaar.backfill(one, two)
    one.failure = None
    bazaar.clock.advance(timedelta(hours=1))
    outcome = bazaar.backfill(one, two, refresh=True)
    assert (outcome.failures, bazaar.senders("SA")) == ((), {"two"}), "rows that say the same are not relabelled"
    assert len(one.asked) == 5 + len(SYMBOLS) + 1


def test_once_nobody_else_has_it_the_one_left_alone_is_tried_again(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    one, two = Stall("one", DOWN), Stall("two", classes=frozenset({AssetClass.STOCK}))
    two_serves = two._answer

    async def both_fail() -> None:
        if len(two.asked) > 10:
            # Two goes down, and one is back after its rest.
            two.failure, one.failure = Transient("two", "answered 503"), None
            bazaar.clock.advance(timedelta(minutes=1))
        await two_serves()

    two._answer = both_fail  # type: ignore[method-assign]
    outcome = bazaar.backfill(one, two)
    assert outcome.unexplained_missing == 0
    assert {sender for symbol in SYMBOLS for sender in bazaar.senders(symbol)} == {"one", "two"}


def test_a_refused_key_is_asked_once(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    one, two = Stall("one", AuthFailed("one", "unknown key")), Stall("two")
    outcome = bazaar.backfill(one, two)
    assert (len(one.asked), outcome.unexplained_missing) == (1, 0)


class TestOrder:
    @pytest.fixture
    def bazaar(self) -> Bazaar:
        found = Bazaar()
        found.add("AAPL", "BTC-USD")
        return found

    def senders(self, bazaar: Bazaar, order: OrderPolicy) -> tuple[set[str], set[str]]:
        bazaar.backfill(Stall("one"), Stall("two"), Stall("three"), order=order)
        return bazaar.senders("AAPL"), bazaar.senders("BTC-USD")

    def test_without_a_word_it_is_the_order_at_hand(self, bazaar: Bazaar):
        assert self.senders(bazaar, OrderPolicy()) == ({"one"}, {"one"})

    def test_the_general_order_is_the_users(self, bazaar: Bazaar):
        assert self.senders(bazaar, OrderPolicy(("three", "one"))) == ({"three"}, {"three"})

    def test_a_capability_and_a_class_may_have_their_own(self, bazaar: Bazaar):
        special = {"daily_history": ("two", "one"), "daily_history.crypto": ("three",), "latest": ("one",)}
        assert self.senders(bazaar, OrderPolicy(("one",), special)) == ({"two"}, {"three"})

    def test_whom_an_order_does_not_name_is_not_asked(self, bazaar: Bazaar):
        stalls = Stall("one", DOWN), Stall("two")
        outcome = bazaar.backfill(*stalls, order=OrderPolicy(special={"daily_history.crypto": ("one",)}))
        assert bazaar.senders("AAPL") == {"two"}
        assert (bazaar.senders("BTC-USD"), outcome.is_complete) == (set(), False)

    def test_the_scorecard_turns_it_about_where_the_difference_is_clear(self, bazaar: Bazaar):
        key = ScoreKey("one", Capability.DAILY, AssetClass.STOCK)
        bazaar.storage.scores.add({key: Score(asked=100.0, failed=50.0)}, NOW, bazaar.policy.half_life)
        assert self.senders(bazaar, OrderPolicy(by_scores=True)) == ({"two"}, {"one"})

    def test_chance_does_not(self, bazaar: Bazaar):
        key = ScoreKey("one", Capability.DAILY, AssetClass.STOCK)
        bazaar.storage.scores.add({key: Score(asked=100.0, failed=1.0)}, NOW, bazaar.policy.half_life)
        assert self.senders(bazaar, OrderPolicy(by_scores=True)) == ({"one"}, {"one"})

    def test_whoever_is_alone_at_hand_was_chosen(self, bazaar: Bazaar):
        bazaar.backfill(Stall("two"), order=OrderPolicy(("one",)))
        assert bazaar.senders("AAPL") == {"two"}


class TestBasis:
    def test_split_adjusted_prices_do_not_fill_a_raw_series_and_that_is_said(self, bazaar: Bazaar):
        outcome = bazaar.backfill(Stall("one", lacks=frozenset({date(2026, 2, 24)})), Stall("two", basis=Basis.SPLIT))
        assert bazaar.senders() == {"one"}
        assert ("two", "BasisMismatch", "one") in kinds(outcome)
        (gap,) = next(account.gaps for account in outcome.accounts)
        assert "one: 1 call" in gap.evidence
        assert "two: not asked, since its prices are split-adjusted and the series is raw" in gap.evidence

    def test_older_days_that_only_they_reach_are_explained(self, bazaar: Bazaar):
        one = Stall("one", reach_back=datetime(2026, 2, 1, tzinfo=UTC))
        outcome = bazaar.backfill(one, Stall("two", basis=Basis.SPLIT), range_=Range.M3)
        (gap,) = next(account.gaps for account in outcome.accounts)
        assert (gap.reason, set(bazaar.rows()["basis"])) == (GapReason.BEYOND_PROVIDER_DEPTH, {"raw"})
        assert "one reaches back to 2026-02-01; two: not asked" in gap.evidence

    def test_raw_prices_may_continue_a_split_adjusted_series(self, bazaar: Bazaar):
        files = Stall("files", basis=Basis.SPLIT, lacks=frozenset({date(2026, 2, 27)}))
        outcome = bazaar.backfill(files, Stall("two"))
        told = bazaar.rows().tail(2).select("provider", "basis").rows()
        assert (told, outcome.is_complete) == ([("files", "split"), ("two", "raw")], True)

    def test_whoever_brought_the_series_goes_on_with_it(self, bazaar: Bazaar):
        files = Stall("files", basis=Basis.SPLIT, lacks=frozenset({date(2026, 2, 27)}))
        bazaar.backfill(files, Stall("two"))
        files.lacks = frozenset()
        bazaar.backfill(files, Stall("two", DOWN), refresh=True)
        assert bazaar.rows().tail(1)["basis"].to_list() == ["split"]

    def test_what_never_splits_is_the_same_on_either(self):
        bazaar = Bazaar()
        bazaar.add("BTC-USD")
        bazaar.backfill(Stall("one", DOWN), Stall("two", basis=Basis.SPLIT))
        assert bazaar.senders("BTC-USD") == {"two"}

    @pytest.mark.parametrize(
        ("label", "kind"),
        [
            ({"timeframe": "1h"}, "GranularityMismatch"),
            ({"basis": "split"}, "Malformed"),
            ({"provider": "x"}, "Malformed"),
        ],
    )
    def test_rows_that_say_something_else_than_was_asked_are_not_stored(
        self, bazaar: Bazaar, label: dict[str, object], kind: str
    ):
        outcome = bazaar.backfill(Stall("one", label=label), Stall("two"))
        assert (bazaar.senders(), kinds(outcome)) == ({"two"}, [("one", kind, "two")])


class TestReplacing:
    """A served while B was down."""

    @pytest.fixture
    def bazaar(self, bazaar: Bazaar) -> Bazaar:
        bazaar.backfill(Stall("one", DOWN), Stall("two"))
        return bazaar

    def test_rows_are_kept_by_default_and_that_is_logged(self, bazaar: Bazaar, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.INFO)
        outcome = bazaar.backfill(Stall("one"), Stall("two"))
        assert (outcome.calls, bazaar.senders()) == ({}, {"two"})
        assert "22 candles of two are kept, although a better provider is back" in caplog.text

    def test_a_better_one_that_fails_again_costs_the_lesser_one_nothing(self, bazaar: Bazaar):
        two = Stall("two")
        outcome = bazaar.backfill(Stall("one", DOWN), two, replacing=ReplacePolicy.PREFER_FIRST)
        assert (two.asked, outcome.replaced, outcome.is_complete) == ([], {"two": 22}, True)

    def test_holes_of_the_lesser_one_are_still_asked_of_it(self):
        bazaar = Bazaar()
        bazaar.add("AAPL")
        bazaar.backfill(Stall("one", DOWN), Stall("two", lacks=frozenset({date(2026, 2, 24)})))
        bazaar.clock.advance(timedelta(days=2))
        outcome = bazaar.backfill(Stall("one", DOWN), Stall("two"), replacing=ReplacePolicy.PREFER_FIRST)
        assert (outcome.is_complete, bazaar.rows().height) == (True, 22)

    def test_one_that_is_left_alone_is_not_back(self, bazaar: Bazaar):
        bazaar.add(*SYMBOLS)
        one = Stall("one", DOWN)
        bazaar.backfill(one, Stall("two"))
        asked = len(one.asked)
        outcome = bazaar.backfill(one, Stall("two"), replacing=ReplacePolicy.PREFER_FIRST)
        assert (outcome.replaced, len(one.asked)) == ({}, asked)


class TestSplits:
    SPLITS = pl.DataFrame([(1, date(2026, 2, 20), 2.0, "two")], schema=SPLIT_SCHEMA, orient="row")

    def stored(self, bazaar: Bazaar) -> list[tuple[float, str]]:
        (instrument,) = bazaar.storage.universe.instruments()
        return bazaar.storage.market.splits([instrument.instrument_id]).select("ratio", "provider").rows()

    @pytest.mark.parametrize("one", [Stall("one"), Stall("one", DOWN, splits_told=SPLITS)])
    def test_where_the_provider_of_the_candles_cannot_tell_them_the_next_one_does(self, bazaar: Bazaar, one: Stall):
        bazaar.backfill(one, Stall("two", splits_told=self.SPLITS))
        assert self.stored(bazaar) == [(2.0, "two")]

    @pytest.mark.parametrize(
        ("order", "told"),
        [({}, (3.0, "one")), ({"splits": ("two",)}, (2.0, "two")), ({"splits.etf": ("two",)}, (3.0, "one"))],
    )
    def test_whoever_brings_the_candles_is_asked_first_unless_the_user_says_otherwise(
        self, bazaar: Bazaar, order: dict[str, tuple[str, ...]], told: tuple[float, str]
    ):
        others = self.SPLITS.with_columns(ratio=pl.lit(3.0), provider=pl.lit("one"))
        stalls = Stall("one", splits_told=others), Stall("two", splits_told=self.SPLITS)
        bazaar.backfill(*stalls, order=OrderPolicy(special=order))
        assert self.stored(bazaar) == [told]


def test_a_slow_provider_is_hedged_where_the_user_asked_for_it(bazaar: Bazaar):
    one, two = Stall("one", slow_seconds=5.0), Stall("two")
    outcome = bazaar.backfill(one, two, hedges={"one": 0.02})
    assert (bazaar.senders(), outcome.failures, outcome.calls) == ({"two"}, (), {"one": 1, "two": 1})


def test_a_quick_one_is_not_and_without_being_asked_for_nobody_is(bazaar: Bazaar):
    two = Stall("two")
    bazaar.backfill(Stall("one"), two, hedges={"one": 5.0})
    bazaar.backfill(Stall("one", slow_seconds=0.05), two, refresh=True)
    assert (two.asked, bazaar.senders()) == ([], {"one"})


def test_a_stand_in_that_fails_leaves_the_slow_answer(bazaar: Bazaar):
    bazaar.backfill(Stall("one", slow_seconds=0.1), Stall("two", DOWN), hedges={"one": 0.02})
    assert bazaar.senders() == {"one"}


class Stubborn(Stall):
    """Tries each question five times before it gives up, as a client does."""

    async def _answer(self) -> None:
        for _ in range(4):
            tell_attempt(0.0, self.failure)
            await asyncio.sleep(0)
        await super()._answer()


def test_a_provider_that_never_answered_is_no_longer_asked_first_by_the_scorecard(bazaar: Bazaar):
    # The first question's own retries open the breaker: it is called off, and no other one is sent.
    bazaar.backfill(Stubborn("one", DOWN), Stall("two"))
    one = bazaar.storage.scores.all(NOW, bazaar.policy.half_life)[ScoreKey("one", Capability.DAILY, AssetClass.STOCK)]
    assert (one.asked, one.failed, one.attempts, one.last_error) == (1.0, 1.0, 5.0, "Transient: one: answered 503")
    assert one.mark < 0.95
    bazaar.clock.advance(timedelta(hours=1))
    bazaar.add("MSFT")
    bazaar.backfill(Stall("one"), Stall("two"), order=OrderPolicy(by_scores=True))
    assert bazaar.senders("MSFT") == {"two"}


def test_what_is_seen_of_providers_goes_into_the_scorecard(bazaar: Bazaar):
    bazaar.add(*SYMBOLS)
    bazaar.backfill(Stall("one", DOWN), Stall("two", lacks=frozenset({date(2026, 2, 24)})))
    scores = bazaar.storage.scores.all(NOW, bazaar.policy.half_life)
    one, two = (scores[ScoreKey(name, Capability.DAILY, AssetClass.STOCK)] for name in ("one", "two"))
    # The question that opened the breaker was called off, and its own last attempt had failed.
    assert (one.asked, one.success_rate, one.attempts) == (5.0, 0.0, 5.0)
    assert (one.last_error, one.failed_at) == ("Transient: one: answered 503", NOW)
    assert (two.asked, two.success_rate, two.served_at) == (21.0, 1.0, NOW)
    assert two.missing_rate == pytest.approx(1 / 22)
