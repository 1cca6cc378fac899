"""News: all sources are asked, each story is kept once."""

from datetime import timedelta

import orjson
import polars as pl
import pytest

from trend_platform.errors import RateLimited, UsageError
from trend_platform.ingest.news import EVERY, NewsOutcome, instruments_for_news, refresh_news
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.sources import ReadySources
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.sources import NewsTeller, article

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.add("AAPL", "MSFT", "BTC-USD")
    return made


def shop(desk: Desk, *tellers: NewsTeller) -> Workshop:
    return Workshop(desk.storage, desk.cache, desk.prices, (), desk.clock, sources=ReadySources(news_sources=tellers))


def refresh(desk: Desk, *tellers: NewsTeller, keep: timedelta = YEAR) -> NewsOutcome:
    workshop = shop(desk, *tellers)
    outcome = drive(workshop, refresh_news(workshop, instruments_for_news(workshop, 40), keep))
    assert outcome.adds_up, outcome.as_dict()
    assert all(one.is_closed for one in tellers)
    return outcome


def titles(desk: Desk) -> list[str]:
    return desk.storage.news.latest((), 99)["title"].to_list()


def test_one_story_of_two_sources_is_stored_once_with_both_addresses(desk: Desk) -> None:
    now = desk.clock.now()
    mine = article(
        "http://a.test/1?utm_source=x", "Apple beats estimates as iPhone sales surge", now - HOUR, symbols=["AAPL"]
    )
    same = article("https://b.test/2", "Apple Beats Estimates as iPhone Sales Surge - Reuters", now, "newsapi")
    outcome = refresh(desk, NewsTeller("gdelt", mine), NewsTeller("newsapi", same))
    assert (outcome.new, outcome.duplicates, outcome.received) == (1, 1, {"gdelt": 1, "newsapi": 1})
    (story,) = desk.storage.news.latest((), 9).to_dicts()
    assert (story["url"], story["also_at"], story["symbols"]) == ("https://a.test/1", ["https://b.test/2"], ["AAPL"])
    assert story["sentiment"] > 0


def test_what_is_stored_is_not_told_again(desk: Desk) -> None:
    told = article("https://a.test/1", "Markets rally on cooling inflation", desk.clock.now())
    assert refresh(desk, NewsTeller("gdelt", told)).new == 1
    desk.clock.advance(HOUR)
    again = refresh(desk, NewsTeller("gdelt", told))
    assert (again.new, again.duplicates, again.grown) == (0, 1, 0)
    assert len(titles(desk)) == 1


def test_a_later_copy_makes_the_stored_story_grow(desk: Desk) -> None:
    refresh(
        desk,
        NewsTeller("gdelt", article("https://a.test/1", "Microsoft to cut 9,000 jobs worldwide", desk.clock.now())),
    )
    desk.clock.advance(HOUR)
    copy = article(
        "https://c.test/3", "Microsoft to cut 9,000 jobs worldwide", desk.clock.now(), "yahoo_rss", symbols=["MSFT"]
    )
    outcome = refresh(desk, NewsTeller("yahoo_rss", copy))
    assert (outcome.new, outcome.duplicates, outcome.grown) == (0, 1, 1)
    (story,) = desk.storage.news.latest(["MSFT"], 9).to_dicts()
    assert (story["provider"], story["also_at"]) == ("gdelt", ["https://c.test/3"])
    assert desk.storage.news.repeated() == ()


def test_what_is_no_article_or_too_old_is_counted_and_not_kept(desk: Desk) -> None:
    now = desk.clock.now()
    told = pl.concat(
        [
            article("ftp://a.test/1", "No address on the web", now),
            article("https://a.test/2", "From the day after tomorrow", now + timedelta(days=2)),
            article("https://a.test/3", "Long ago", now - timedelta(days=40)),
            article("https://a.test/4", "Kept", now),
        ]
    )
    outcome = refresh(desk, NewsTeller("gdelt", told), keep=timedelta(days=30))
    assert (outcome.new, outcome.rejected, outcome.too_old) == (1, 2, 1)
    assert titles(desk) == ["Kept"]


def test_a_source_that_fails_is_named_and_the_others_are_kept(desk: Desk) -> None:
    good = NewsTeller("gdelt", article("https://a.test/1", "Kept", desk.clock.now()), failures={"MSFT": "no feed"})
    outcome = refresh(desk, NewsTeller("newsapi", RateLimited("newsapi", "100 a day")), good)
    assert outcome.missing == {"newsapi": "newsapi: 100 a day"}
    assert [(one.symbol, one.provider, one.kind) for one in outcome.failures] == [
        ("everything", "newsapi", "RateLimited"),
        ("MSFT", "gdelt", "part"),
    ]
    assert outcome.calls == {"newsapi": 2, "gdelt": 1}
    assert titles(desk) == ["Kept"]


def test_sources_are_asked_for_what_people_look_at_and_a_day_back(desk: Desk) -> None:
    desk.storage.interests.show(add_symbols(desk.storage.universe, ["MSFT"]))
    teller = NewsTeller("gdelt", article("https://a.test/1", "Kept", desk.clock.now()))
    refresh(desk, teller)
    assert teller.asked == [(("MSFT",), desk.clock.now() - timedelta(days=1))]


def test_without_a_list_all_take_turns(desk: Desk) -> None:
    seen = set()
    for _ in range(3):
        (one,) = instruments_for_news(shop(desk), 1)
        seen.add(one.symbol)
        desk.clock.advance(EVERY)
    assert seen == {"AAPL", "MSFT", "BTC-USD"}


def test_a_run_is_recorded(desk: Desk) -> None:
    refresh(desk, NewsTeller("gdelt", article("https://a.test/1", "Kept", desk.clock.now())))
    (record,) = desk.storage.runs.latest(1)
    assert (record.kind, record.status, orjson.loads(record.outcome)["new"]) == ("news", "done", 1)


def test_without_a_source_it_says_why(desk: Desk) -> None:
    with pytest.raises(UsageError, match="is at hand: prices are simulated here"):
        refresh(desk)
