"""Replay: kept answers are read again, nobody is asked, and what was learnt later has the last word."""

from datetime import date
from pathlib import Path

import pytest

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.kept_requests import request_of
from trend_platform.ingest.own_actions import OwnAction, say_action
from trend_platform.ingest.replay import Wanted
from trend_platform_tests.ingest.shop import ALL_TIME, HOUR, NIGHT, ROWS, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_lost_database_is_filled_from_the_archive_with_its_ledger_and_splits(shop: Shop) -> None:
    shop.fetch()
    candles, splits = shop.candles(), shop.storage.market.splits([1, 2])
    ledgers = shop.storage.market.ledgers([1, 2], Timeframe.D1)
    assert (candles.height, splits.height) == (9, 1)
    shop.empty()
    done = shop.replay()
    assert (done.received, done.upserted.inserted, done.unanswered) == (9, 9, {})
    assert shop.candles().equals(candles)
    assert shop.storage.market.splits([1, 2]).equals(splits)
    assert shop.storage.market.ledgers([1, 2], Timeframe.D1) == ledgers


def test_what_is_there_already_is_left_as_it_is(shop: Shop) -> None:
    shop.fetch()
    before, ledgers = shop.candles(), shop.storage.market.ledgers([1, 2], Timeframe.D1)
    done = shop.replay()
    assert (done.upserted.unchanged, done.upserted.rows) == (9, 9)
    assert shop.candles().equals(before)
    assert {one: ledger.spans for one, ledger in shop.storage.market.ledgers([1, 2], Timeframe.D1).items()} == {
        one: ledger.spans for one, ledger in ledgers.items()
    }


def test_what_is_read_in_another_way_now_is_corrected_and_leaves_a_revision(shop: Shop) -> None:
    shop.fetch("AAPL")
    shop.reread(lambda body: body.replace(b'"c":15', b'"c":14.5').replace(b'"c":15.0', b'"c":14.5'))
    done = shop.replay()
    assert (done.upserted.corrected, done.upserted.unchanged) == (1, 3)
    assert shop.candles()["close"].to_list() == [11, 12, 13, 14.5]
    assert shop.storage.market.revisions(1, Timeframe.D1, ALL_TIME)["close"].to_list() == [15]


def test_what_was_learnt_later_and_is_not_in_the_archive_is_not_taken_back(shop: Shop) -> None:
    shop.fetch("AAPL")
    shop.rows = ROWS.replace("14,16,13,15,1400", "14,16,13,15.5,1400")
    shop.fetch("AAPL", refresh=True, is_kept=False)
    before = shop.candles()
    assert before["close"].to_list()[-1] == 15.5
    done = shop.replay()
    assert (done.received, done.upserted.unchanged) == (4, 4)
    assert shop.candles().equals(before)


def test_answers_are_read_in_the_order_they_came(shop: Shop) -> None:
    shop.fetch("AAPL")
    shop.rows = ROWS.replace("14,16,13,15,1400", "14,16,13,15.5,1400")
    shop.fetch("AAPL", refresh=True)
    before = shop.candles()
    shop.empty()
    assert shop.replay().upserted.corrected == 1
    assert shop.candles().drop("fetched_at").equals(before.drop("fetched_at"))


def test_a_gap_that_was_looked_at_later_keeps_its_later_look(shop: Shop) -> None:
    shop.fetch("AAPL")
    (first,) = shop.storage.market.ledgers([1], Timeframe.D1)[1].gaps
    shop.clock.advance(30 * HOUR)
    shop.fetch("AAPL", refresh=True, is_kept=False)
    later = shop.storage.market.ledgers([1], Timeframe.D1)[1]
    assert later.gaps[0].last_checked_at > first.last_checked_at
    shop.replay()
    assert shop.storage.market.ledgers([1], Timeframe.D1)[1] == later


def test_a_call_that_failed_holds_nothing_and_changes_nothing(shop: Shop) -> None:
    shop.is_up = False
    shop.fetch("AAPL")
    before = shop.storage.market.ledgers([1], Timeframe.D1)
    done = shop.replay()
    assert (done.requests, done.received) == (0, 0)
    assert done.unanswered == {"polygon: Transient": 2}
    assert shop.storage.market.ledgers([1], Timeframe.D1) == before


def test_a_body_that_is_gone_is_said(shop: Shop) -> None:
    shop.fetch("AAPL")
    for body in (shop.archive.folder / "bodies").rglob("*.zst"):
        body.unlink()
    assert sum(shop.replay().unanswered.values()) == 2


def test_providers_that_use_no_network_are_not_asked_again(shop: Shop) -> None:
    shop.fetch("AAPL", provider="files")
    done = shop.replay()
    assert (done.requests, done.unanswered) == (0, {"files: none of its answers is kept": 1})


def test_symbols_provider_and_day_choose_what_is_read(shop: Shop) -> None:
    shop.fetch("AAPL")
    shop.fetch("MSFT")
    shop.empty()
    assert shop.replay(Wanted(symbols=frozenset({"MSFT"}))).received == 5
    assert shop.candles()["instrument_id"].unique().to_list() == [2]
    assert shop.replay(Wanted(since=NIGHT.date())).received == 9
    for nothing in (Wanted(provider="yahoo"), Wanted(since=date(2026, 3, 9)), Wanted(symbols=frozenset({"X"}))):
        with pytest.raises(UsageError, match=r"holds no such request; .*TREND_ARCHIVE__ENABLED=true"):
            shop.replay(nothing)


def test_symbols_that_left_the_universe_are_named(shop: Shop) -> None:
    shop.fetch("MSFT")
    shop.storage.universe.remove(["MSFT"])
    done = shop.replay()
    assert (done.requests, done.strangers) == (0, ("MSFT",))


def test_a_replay_is_a_run_on_record_and_readers_read_through_to_it(shop: Shop) -> None:
    shop.fetch("AAPL")
    run_id = shop.replay().run_id
    (record, *_) = shop.storage.runs.latest(9)
    assert (record.run_id, record.kind, record.status) == (run_id, "replay", "done")


def test_where_nothing_is_kept_no_request_is_either(shop: Shop) -> None:
    shop.fetch("AAPL", is_kept=False)
    assert not shop.archive.folder.exists()


def test_a_request_that_cannot_be_read_is_said() -> None:
    with pytest.raises(UsageError, match="holds a request that cannot be read"):
        request_of({"provider": "polygon", "route": "by_wish"})


def test_a_split_that_was_said_by_hand_keeps_the_last_word(shop: Shop) -> None:
    shop.fetch("AAPL", "MSFT")
    workshop = shop.workshop()
    said = OwnAction(ActionKind.SPLIT, date(2026, 2, 24), ratio=3.0)
    say_action(workshop, workshop.select(["AAPL"])[0], said)
    shop.replay()
    assert shop.storage.market.splits([1]).select("ratio", "provider").rows() == [(3.0, "user")]
