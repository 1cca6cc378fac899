"""Deciding about rows set aside: released ones are stored and accounted for, dropped ones stay, and nothing happens twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.quarantine import Decision
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.quarantine import drop, release
from trend_platform.storage.base import Upsert
from trend_platform.storage.quarantine import Chosen
from trend_platform_tests.ingest.shop import ALL_TIME, ROWS, Shop

LEAP = "MSFT,2026-02-25,12,14,11,13,1200"
DAY = datetime(2026, 2, 25, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop whose MSFT leaps away for one day, and whose AAPL contradicts itself on another."""
    rows = ROWS.replace(LEAP, "MSFT,2026-02-25,120,140,110,130,1200")
    return Shop(tmp_path, rows.replace("AAPL,2026-02-24,11,13", "AAPL,2026-02-24,11,1"))


def asides(shop: Shop) -> dict[str, int]:
    rows = shop.storage.quarantine.rows(Chosen())
    return dict(rows.select("rule", "quarantine_id").iter_rows())


def holes(shop: Shop) -> list[tuple[date, GapReason]]:
    ledgers = shop.storage.market.ledgers([1, 2], Timeframe.D1)
    return [(gap.interval.start.date(), gap.reason) for one in ledgers.values() for gap in one.gaps]


def test_a_released_candle_is_stored_as_it_came_and_its_hole_is_closed(shop: Shop) -> None:
    shop.fetch()
    number = asides(shop)["spike"]
    before = shop.candles()
    assert (DAY.date(), GapReason.REJECTED) in holes(shop)
    done = release(shop.workshop(), [number])
    assert (done.rows, done.upserted, done.refused) == ((number,), Upsert(inserted=1), {})
    (row,) = shop.candles().join(before, on=["instrument_id", "opened_at"], how="anti").to_dicts()
    assert (row["opened_at"], row["close"], row["provider"]) == (DAY, 130.0, "polygon")
    assert row["fetched_at"] == before["fetched_at"][0], "when the provider sent it"
    assert DAY.date() not in [day for day, _ in holes(shop)]
    assert shop.storage.runs.latest(1)[0].kind == "release"


def test_after_a_release_nobody_is_asked_again_and_a_refresh_keeps_it(shop: Shop) -> None:
    shop.fetch("MSFT")
    release(shop.workshop(), [asides(shop)["spike"]])
    shop.clock.advance(timedelta(days=3))
    asked = len(shop.asked)
    shop.fetch("MSFT")
    assert not any("MSFT" in path for path in shop.asked[asked:])
    stored = shop.candles()
    shop.fetch("MSFT", refresh=True)
    assert shop.candles().equals(stored)
    assert list(asides(shop)) == ["spike"]


def test_releasing_again_does_nothing(shop: Shop) -> None:
    shop.fetch()
    number = asides(shop)["spike"]
    first = release(shop.workshop(), [number])
    stored, runs = shop.candles(), shop.storage.runs.latest(99)
    again = release(shop.workshop(), [number])
    assert (again.rows, again.already, again.run_id) == ((), (number,), None)
    assert shop.candles().equals(stored)
    assert shop.storage.runs.latest(99) == runs
    assert first.decision is Decision.RELEASED


def test_a_candle_that_contradicts_itself_is_not_stored_whoever_says_so(shop: Shop) -> None:
    shop.fetch()
    number = asides(shop)["high_below_low"]
    done = release(shop.workshop(), [number])
    assert done.rows == ()
    assert "the high 1.0 lies below the low 10.0" in done.refused[number]
    assert shop.storage.quarantine.rows(Chosen(ids=[number]))["decision"].to_list() == [None]


def test_a_dropped_row_stays_and_waits_no_longer(shop: Shop) -> None:
    shop.fetch()
    number = asides(shop)["spike"]
    stored = shop.candles()
    assert drop(shop.workshop(), [number]).rows == (number,)
    assert drop(shop.workshop(), [number]).already == (number,)
    assert number not in shop.storage.quarantine.rows(Chosen(undecided=True))["quarantine_id"].to_list()
    assert shop.storage.quarantine.rows(Chosen(ids=[number])).height == 1
    assert shop.candles().equals(stored)
    assert (DAY.date(), GapReason.REJECTED) in holes(shop), "the candle is still not there"


def test_what_was_dropped_can_be_released_and_not_the_other_way_round(shop: Shop) -> None:
    shop.fetch()
    number = asides(shop)["spike"]
    drop(shop.workshop(), [number])
    assert release(shop.workshop(), [number]).upserted.inserted == 1
    assert drop(shop.workshop(), [number]).refused == {number: "it was released, and its candle is stored"}


def test_a_released_candle_corrects_the_one_that_took_its_place(shop: Shop) -> None:
    shop.fetch()
    shop.rows = shop.rows.replace("MSFT,2026-02-25,120,140,110,130,1200", LEAP)
    shop.fetch("MSFT", refresh=True)
    done = release(shop.workshop(), [asides(shop)["spike"]])
    assert done.upserted == Upsert(corrected=1)
    (old,) = shop.storage.market.revisions(2, Timeframe.D1, ALL_TIME).to_dicts()
    assert (old["close"], old["run_id"]) == (13.0, done.run_id)


def test_two_rows_about_one_candle_cannot_both_be_right(shop: Shop) -> None:
    shop.fetch()
    shop.rows = shop.rows.replace("120,140,110,130", "121,141,111,131")
    shop.fetch("MSFT", refresh=True)
    numbers = shop.storage.quarantine.rows(Chosen(rule="spike"))["quarantine_id"].to_list()
    done = release(shop.workshop(), numbers)
    assert (done.rows, sorted(done.refused)) == ((), numbers)
    assert release(shop.workshop(), numbers[1:]).upserted.inserted == 1


def test_an_instrument_that_is_gone_keeps_its_rows_aside(shop: Shop) -> None:
    shop.fetch()
    shop.storage.universe.remove(["MSFT"])
    done = release(shop.workshop(), [asides(shop)["spike"]])
    assert "was not asked for" in next(iter(done.refused.values()))


@pytest.mark.parametrize("ids", [[], [77]])
def test_a_number_of_no_row_is_refused(shop: Shop, ids: list[int]) -> None:
    shop.fetch()
    with pytest.raises(UsageError, match="trend quarantine list"):
        release(shop.workshop(), ids)


def test_what_was_stored_stays_decided_when_the_cache_is_gone(shop: Shop) -> None:
    shop.fetch()
    number = asides(shop)["spike"]
    workshop = shop.workshop()
    wrong = replace(workshop, cache=Broken())
    with pytest.raises(RuntimeError, match="gone"):
        release(wrong, [number])
    assert release(workshop, [number]).already == (number,), "what was stored before stays decided"


class Broken:
    """A cache that is gone."""

    def forget(self, symbols: object) -> None:
        raise RuntimeError(f"gone before {symbols} could be forgotten")
