from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.quotes import as_quotes
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.day_chart import put_day_charts
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.upkeep import Upkeep, upkeep
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.settings import RetentionSettings
from trend_platform.storage.realtime import Incident
from trend_platform_tests.ingest.floor import Floor, Listening
from trend_platform_tests.ingest.shop import Shop
from trend_platform_tests.storage.reading_frames import post, story

NIGHT = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)  # 02:00 in New York
DAY = timedelta(days=1)


def keep_up(floor: Floor, *providers: object) -> Upkeep:
    workshop = floor.workshop(*providers)
    return drive(workshop, upkeep(workshop, RetentionSettings()))


def days(floor: Floor, instruments: tuple[object, ...]) -> Outcome:
    workshop = floor.workshop()
    return drive(workshop, run(workshop, Wanted(instruments, Timeframe.D1, (Range.M1,), floor.clock.now().date())))


@pytest.fixture
def floor() -> Floor:
    return Floor(ManualClock(datetime(2026, 3, 4, 18, 40, tzinfo=UTC)))


def test_a_session_that_was_left_in_its_middle_is_completed_at_night(floor: Floor):
    instruments = floor.add("AAPL", "MSFT")
    floor.hourly(instruments)
    floor.clock.instant = NIGHT
    asking = Listening(floor.simulated())
    done = keep_up(floor, asking)
    assert done.caught_up is not None
    assert sorted(asking.asked) == [("AAPL", "04 18:30"), ("MSFT", "04 18:30")]
    assert (done.caught_up.received, done.caught_up.adds_up, done.caught_up.is_complete) == (6, True, True)
    put_day_charts(floor.workshop(), instruments)
    assert floor.hours("AAPL") == [f"04T{hour}:30" for hour in range(14, 21)]
    assert keep_up(floor).caught_up is None


def test_a_first_hour_that_was_left_forming_is_enough_to_be_caught_up(floor: Floor):
    floor.clock.instant = datetime(2026, 3, 4, 14, 40, tzinfo=UTC)
    floor.hourly(floor.add("AAPL"))
    floor.clock.instant = NIGHT
    caught_up = keep_up(floor).caught_up
    assert caught_up is not None
    assert (caught_up.received, caught_up.expected, caught_up.is_complete) == (7, 7, True)


def test_sessions_that_nobody_watched_after_one_that_was_are_asked_too(floor: Floor):
    floor.hourly(floor.add("AAPL"))
    floor.clock.instant = NIGHT + 2 * DAY
    caught_up = keep_up(floor).caught_up
    assert caught_up is not None
    assert (caught_up.received, caught_up.accounts[0].expected) == (3 + 7 + 7, 4 + 3 + 7 + 7)


def test_a_day_that_was_left_forming_is_completed_and_both_timeframes_are_in_one_outcome(floor: Floor):
    instruments = floor.add("AAPL")
    days(floor, instruments)
    floor.hourly(instruments)
    floor.clock.instant = NIGHT
    caught_up = keep_up(floor).caught_up
    assert caught_up is not None
    assert (caught_up.received, caught_up.upserted.completed, caught_up.upserted.inserted) == (4, 2, 2)
    assert (len(caught_up.accounts), caught_up.adds_up, caught_up.calls) == (2, True, {"simulated": 4})
    assert [record.kind for record in floor.storage.runs.latest(2)] == ["upkeep", "upkeep"]


def test_what_was_never_asked_for_is_left_to_backfills(floor: Floor):
    floor.add("AAPL")
    floor.clock.instant = NIGHT
    assert keep_up(floor).caught_up is None


def test_a_candle_that_is_still_forming_is_left_to_the_next_tick(floor: Floor):
    floor.hourly(floor.add("BTC-USD"))
    assert keep_up(floor).caught_up is None


def test_without_a_provider_the_rest_is_done(floor: Floor):
    floor.hourly(floor.add("AAPL"))
    floor.clock.instant = NIGHT
    workshop = Workshop(floor.storage, floor.cache, floor.prices, (), floor.clock)
    assert drive(workshop, upkeep(workshop, RetentionSettings())).caught_up is None


def test_old_records_go_and_what_is_kept_is_kept(floor: Floor):
    instruments = floor.add("AAPL")
    days(floor, instruments)
    floor.hourly(instruments)
    now = floor.clock.now()
    quotes = {
        "instrument_id": [1, 1],
        "provider": ["simulated"] * 2,
        "quoted_at": [now - DAY, now],
        "price": [1.0, 2.0],
    }
    floor.storage.quotes.add(as_quotes(pl.DataFrame({**quotes, "fetched_at": [now, now]})))
    floor.storage.incidents.save(
        [Incident("stale:x", "x", now, now, closed_at=now), Incident("stale:y", "y", now, now)]
    )
    floor.clock.advance(31 * DAY)
    done = keep_up(floor)
    assert (done.quotes, done.run_records, done.incidents) == (1, 1, 0)
    assert [record.kind for record in floor.storage.runs.latest(9)] == ["backfill"]
    floor.clock.advance(365 * DAY)
    assert keep_up(floor).incidents == 1
    assert [one.key for one in floor.storage.incidents.latest(9)] == ["stale:y"]
    assert floor.storage.quotes.latest([1])["price"].to_list() == [2.0]


def test_news_and_posts_go_by_their_own_age(floor: Floor):
    now = floor.clock.now()
    with floor.storage.news.open_desk() as desk:
        desk.store(
            pl.concat([story("https://a.test/1", at=now - 366 * DAY), story("https://a.test/2", at=now - 364 * DAY)])
        )
    floor.storage.posts.add(pl.concat([post("1", at=now - 31 * DAY), post("2", at=now - 29 * DAY)]))
    done = keep_up(floor)
    assert (done.stories, done.posts) == (1, 1)
    assert floor.storage.news.latest((), 9)["url"].to_list() == ["https://a.test/2"]
    assert floor.storage.posts.latest((), 9)["post_id"].to_list() == ["2"]


def test_cache_keys_of_symbols_that_left_the_universe_go(floor: Floor):
    instruments = floor.add("AAPL", "MSFT")
    floor.hourly(instruments)
    floor.prices.put({"AAPL": b"{}", "MSFT": b"{}"})
    floor.storage.universe.remove(["MSFT"])
    assert keep_up(floor).orphan_keys == 2
    assert (floor.cache.get("MSFT", Range.D1), list(floor.prices.get(["AAPL", "MSFT"]))) == (None, ["AAPL"])


def test_archived_answers_go_after_the_days_of_the_policy_even_where_no_further_ones_are_kept(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.fetch("AAPL")
    workshop = replace(shop.workshop(is_kept=False), policy=IngestPolicy(answers_days=5))
    shop.clock.advance(5 * DAY)
    assert drive(workshop, upkeep(workshop, RetentionSettings())).answers == 0
    shop.clock.advance(DAY)
    assert drive(workshop, upkeep(workshop, RetentionSettings())).answers > 0
    assert [path for path in (tmp_path / "archive").rglob("*") if path.is_file()] == []
