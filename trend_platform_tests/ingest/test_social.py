"""Social posts: judged and stored as they come, never for more money than allowed."""

from datetime import timedelta

import polars as pl
import pytest

from trend_platform.errors import AuthFailed, NothingThere, RateLimited, Transient, UsageError
from trend_platform.ingest.social import SINCE, SocialOutcome, instruments_for_posts, refresh_social
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.sources import Price, ReadySources
from trend_platform.storage.readings import Allowance
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.sources import SocialTeller, said

HOUR = timedelta(hours=1)
PRICE = Price(dollars_per_post=0.01, posts_per_call=10, daily_dollars=0.25, monthly_dollars=1.0)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.add("AAPL", "BTC-USD", "MSFT")
    return made


def refresh(desk: Desk, *tellers: SocialTeller, keep: timedelta = timedelta(days=30)) -> SocialOutcome:
    sources = ReadySources(social_sources=tellers)
    workshop = Workshop(desk.storage, desk.cache, desk.prices, (), desk.clock, sources=sources)
    outcome = drive(workshop, refresh_social(workshop, instruments_for_posts(workshop, 40), keep))
    assert outcome.adds_up, outcome.as_dict()
    assert all(one.is_closed for one in tellers)
    return outcome


def spent(desk: Desk) -> float:
    return desk.storage.purse.spent("x", [desk.clock.now().date()])


def test_posts_are_tagged_and_those_about_nothing_kept_here_are_left_out(desk: Desk) -> None:
    now = desk.clock.now()
    told = pl.concat([said("1", "$MSFT to the moon, great results!", now), said("2", "what a lovely day", now)])
    outcome = refresh(desk, SocialTeller({"AAPL": told}))
    assert (outcome.new, outcome.unrelated, outcome.asked) == (1, 1, {"stocktwits": 3})
    (post,) = desk.storage.posts.latest((), 9).to_dicts()
    assert (post["symbols"], post["fetched_at"]) == (["MSFT"], now)
    assert post["sentiment"] > 0.5


def test_a_post_is_stored_once_however_often_it_is_told(desk: Desk) -> None:
    told = said("1", "up", desk.clock.now(), symbols=["AAPL"])
    outcome = refresh(desk, SocialTeller({"AAPL": told, "MSFT": told}))
    assert (outcome.received, outcome.new, outcome.known) == ({"stocktwits": 2}, 1, 1)


def test_posts_from_outside_of_what_is_kept_are_counted(desk: Desk) -> None:
    now = desk.clock.now()
    times = (now - timedelta(days=31), now + timedelta(days=2), now)
    told = pl.concat([said(str(number), "up", at, symbols=["AAPL"]) for number, at in enumerate(times)])
    assert (refresh(desk, SocialTeller({"AAPL": told})).rejected, desk.storage.posts.latest((), 9).height) == (2, 1)


def test_a_topic_that_fails_costs_itself_and_a_refusal_of_the_caller_the_rest(desk: Desk) -> None:
    one = SocialTeller({"AAPL": NothingThere("stocktwits", "no such symbol")})
    other = SocialTeller({"AAPL": RateLimited("reddit_rss", "slow down")}, name="reddit_rss")
    outcome = refresh(desk, one, other)
    assert (outcome.asked, outcome.unasked) == ({"stocktwits": 3, "reddit_rss": 1}, {"reddit_rss": 2})
    assert sorted((one.provider, one.kind) for one in outcome.failures) == [
        ("reddit_rss", "RateLimited"),
        ("stocktwits", "NothingThere"),
    ]


def test_only_what_came_is_paid_for(desk: Desk) -> None:
    told = pl.concat([said(str(n), "up", desk.clock.now(), "x", symbols=["AAPL"]) for n in range(3)])
    outcome = refresh(desk, SocialTeller({"AAPL": told}, name="x", price=PRICE))
    assert outcome.dollars == {"x": 0.03}
    assert spent(desk) == pytest.approx(0.03)


def test_no_call_is_made_that_might_cost_more_than_is_left(desk: Desk) -> None:
    desk.storage.purse.take("x", desk.clock.now().date(), 0.1, Allowance(1.0, 1.0))
    full = {
        symbol: pl.concat([said(f"{symbol}{n}", "up", desk.clock.now(), "x", symbols=[symbol]) for n in range(10)])
        for symbol in ("AAPL", "BTC-USD", "MSFT")
    }
    teller = SocialTeller(full, name="x", price=PRICE)
    outcome = refresh(desk, teller)
    assert [topic for topic, _ in teller.asked] == ["AAPL"]
    assert (outcome.unasked, spent(desk)) == ({"x": 2}, pytest.approx(0.2))
    (failure,) = outcome.failures
    assert (failure.symbol, failure.kind) == ("BTC-USD", "QuotaExhausted")
    assert "$0.25 a day" in failure.message
    desk.clock.advance(timedelta(days=1))
    assert refresh(desk, SocialTeller(full, name="x", price=PRICE)).asked == {"x": 2}


def test_a_month_is_not_passed_either(desk: Desk) -> None:
    price = Price(0.01, 10, daily_dollars=5.0, monthly_dollars=0.15)
    teller = SocialTeller({"AAPL": Transient("x", "lost")}, name="x", price=price)
    assert refresh(desk, teller).asked == {"x": 1}


def test_a_refusal_is_free_and_a_lost_answer_counts_in_full(desk: Desk) -> None:
    refresh(desk, SocialTeller({"AAPL": AuthFailed("x", "bad token")}, name="x", price=PRICE))
    assert spent(desk) == 0.0
    lost = SocialTeller({"MSFT": Transient("x", "connection lost")}, name="x", price=PRICE)
    assert refresh(desk, lost).dollars == {"x": pytest.approx(0.1)}
    assert spent(desk) == pytest.approx(0.1)


def test_what_was_seen_is_not_asked_for_again(desk: Desk) -> None:
    now = desk.clock.now()
    desk_told = {"AAPL": said("1", "up", now - HOUR, symbols=["AAPL"])}
    refresh(desk, SocialTeller(desk_told))
    teller = SocialTeller({})
    refresh(desk, teller)
    assert dict(teller.asked) == {"AAPL": now - HOUR, "BTC-USD": now - SINCE, "MSFT": now - SINCE}


def test_without_a_source_it_says_why(desk: Desk) -> None:
    with pytest.raises(UsageError, match="is at hand: prices are simulated here"):
        refresh(desk)
