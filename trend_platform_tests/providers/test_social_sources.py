"""Stocktwits, Reddit's feeds and X: what is asked, what is made of answers, what refusals mean; and which sources are at hand."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from trend_platform.providers.reddit_rss.source import open_reddit_rss
from trend_platform.providers.source_registry import ConfiguredSources, known_sources
from trend_platform.providers.sources import PostAnswer, Reading, ReadySources, SocialSource
from trend_platform.providers.stocktwits import source as stocktwits
from trend_platform.providers.x import source as x
from trend_platform.settings import (
    FinnhubSettings,
    FredSettings,
    GdeltSettings,
    NewsApiSettings,
    ProvidersSettings,
    RedditRssSettings,
    Settings,
    SourcesSettings,
    StocktwitsSettings,
    XSettings,
    YahooRssSettings,
)
from trend_platform_tests.ingest.sources import NewsTeller, SocialTeller, article
from trend_platform_tests.providers.source_network import AAPL, BTC, EUR, KEY, NOW, Told, answer, clock

HOUR = timedelta(hours=1)
SECRET = SecretStr(KEY)


async def ask(source: SocialSource, topic: str = "AAPL", since: datetime = NOW - HOUR) -> PostAnswer:
    try:
        return await source.posts(topic, since)
    finally:
        await source.close()


# Stocktwits

MESSAGE = {
    "id": 7,
    "body": "$AAPL &amp; co <b>up</b>",
    "created_at": "2026-11-20T11:00:00Z",
    "entities": {"sentiment": {"basic": "Bullish"}},
    "likes": {"total": 3},
}


def stocktwits_on(network: Told) -> SocialSource:
    return stocktwits.open_stocktwits(StocktwitsSettings(max_attempts=1), clock(), network)


async def test_stocktwits_tells_the_posts_of_a_symbol_and_how_their_authors_mark_them() -> None:
    bare = {"id": 8, "body": "x", "created_at": "2026-11-20T11:00:00Z", "entities": {"sentiment": None}}
    found = await ask(stocktwits_on(Told({"/streams/symbol/AAPL.json": (200, {"messages": [MESSAGE, bare, MESSAGE]})})))
    columns = ("post_id", "text", "symbols", "stance", "likes", "replies", "posted_at")
    assert found.posts.select(columns).rows() == [
        ("7", "$AAPL & co up", ["AAPL"], "bullish", 3, None, datetime(2026, 11, 20, 11, tzinfo=UTC)),
        ("8", "x", ["AAPL"], None, None, None, datetime(2026, 11, 20, 11, tzinfo=UTC)),
    ]


async def test_a_coin_is_spelt_with_an_x() -> None:
    network = Told({"/streams/symbol/BTC.X.json": (200, {"messages": []})})
    source = stocktwits_on(network)
    assert source.topics([AAPL, BTC, EUR]) == ["AAPL", "BTC-USD"]
    assert (await ask(source, "BTC-USD")).posts.is_empty()
    assert source.price is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"response": {"status": 404}}, NothingThere),
        (200, {"response": {"status": 404}}, NothingThere),
        (200, {"response": {"status": 429}, "errors": [{"message": "Rate limit exceeded"}]}, RateLimited),
        (429, {"response": {"status": 429}}, RateLimited),
        (200, "<html>Just a moment...</html>", Blocked),
        (502, {"response": {"status": 502}}, Transient),
    ],
)
def test_stocktwits_says_its_status_in_the_body_as_well(status: int, body: object, kind: type[ProviderError]) -> None:
    assert type(stocktwits.classify(answer(status, body))) is kind
    assert stocktwits.classify(answer(200, {"response": {"status": 200}, "messages": []})) is None


# Reddit

SUBREDDIT = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>t3_1</id><title>$AAPL calls</title><link href="https://r.test/1"/>
<published>2026-11-20T11:00:00+00:00</published><content type="html">&lt;p&gt;to the moon&lt;/p&gt;</content></entry></feed>"""


async def test_reddit_tells_title_and_text_and_who_asks_gives_a_name() -> None:
    network = Told({"/r/stocks/new/.rss": (200, SUBREDDIT)})
    source = open_reddit_rss(RedditRssSettings(subreddits=("stocks", "investing"), max_attempts=1), clock(), network)
    assert source.topics([AAPL]) == ["stocks", "investing"]
    found = await ask(source, "stocks")
    assert found.posts.select("post_id", "text", "symbols", "likes").rows() == [
        ("t3_1", "$AAPL calls\nto the moon", [], None)
    ]
    assert network.requests[0].headers["User-Agent"].startswith("trend-platform/")


async def test_a_page_for_people_is_no_feed() -> None:
    network = Told({"/r/stocks/new/.rss": (200, "<!doctype html><html>blocked</html>")})
    with pytest.raises(Blocked):
        await ask(open_reddit_rss(RedditRssSettings(max_attempts=1), clock(), network), "stocks")


# X

POST = {
    "id": "9",
    "text": "$AAPL up",
    "created_at": "2026-11-20T11:00:00.000Z",
    "public_metrics": {"like_count": 1, "reply_count": 2},
}


def x_on(network: Told, **changes: object) -> SocialSource:
    return x.open_x(XSettings(enabled=True, api_key=SECRET, **changes), clock(), network)


async def test_x_is_asked_for_a_cashtag_and_never_for_more_posts_than_allowed() -> None:
    network = Told({"/tweets/search/recent": (200, {"data": [POST], "meta": {"result_count": 1}})})
    found = await ask(x_on(network, posts_per_symbol=25))
    assert found.posts.select("post_id", "symbols", "likes", "replies").rows() == [("9", ["AAPL"], 1, 2)]
    (asked,) = network.params("/tweets/search/recent")
    assert (asked["query"], asked["max_results"], asked["start_time"]) == (
        "$AAPL lang:en -is:retweet",
        "25",
        "2026-11-20T11:00:00Z",
    )
    assert network.requests[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_x_reaches_back_seven_days_and_a_coin_is_asked_without_its_currency() -> None:
    network = Told({"/tweets/search/recent": (200, {"meta": {"result_count": 0}})})
    assert (await ask(x_on(network), "BTC-USD", NOW - timedelta(days=30))).posts.is_empty()
    (asked,) = network.params("/tweets/search/recent")
    assert (asked["start_time"], asked["query"].split()[0]) == ("2026-11-13T12:05:00Z", "$BTC")


async def test_x_is_never_asked_twice_for_one_answer() -> None:
    network = Told({"/tweets/search/recent": (503, {"title": "Service Unavailable"})})
    with pytest.raises(Transient):
        await ask(x_on(network, max_attempts=5))
    assert len(network.requests) == 1


def test_x_says_what_it_costs_and_does_not_open_without_a_token() -> None:
    price = x_on(Told({}), dollars_per_post=0.01, posts_per_symbol=20, daily_dollars=2, monthly_dollars=9).price
    assert price is not None
    assert (price.dollars_per_post, price.posts_per_call, price.daily_dollars, price.monthly_dollars) == (
        0.01,
        20,
        2,
        9,
    )
    with pytest.raises(AuthFailed, match="TWITTER_BEARER_TOKEN"):
        x.open_x(XSettings(enabled=True), clock())


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (401, {"title": "Unauthorized"}, AuthFailed),
        (402, {"title": "CreditsDepleted"}, QuotaExhausted),
        (429, {"title": "UsageCapExceeded", "type": "https://api.x.com/2/problems/usage-capped"}, QuotaExhausted),
        (429, {"title": "Too Many Requests"}, RateLimited),
        (403, {"title": "Client Forbidden", "type": "https://api.x.com/2/problems/client-forbidden"}, NotEntitled),
        (503, {"title": "Service Unavailable"}, Transient),
    ],
)
def test_x_refuses_with_problem_documents(status: int, told: object, kind: type[ProviderError]) -> None:
    assert type(x.classify(answer(status, told))) is kind
    assert x.classify(answer(200, {"meta": {}})) is None


async def test_lists_that_are_none_are_malformed() -> None:
    with pytest.raises(Malformed):
        await ask(x_on(Told({"/tweets/search/recent": (200, {"data": "x"})})))
    with pytest.raises(Malformed):
        await ask(stocktwits_on(Told({"/streams/symbol/AAPL.json": (200, {"response": {"status": 200}})})))


# Which are at hand


def configured(sources: SourcesSettings | None = None, **providers: object) -> ConfiguredSources:
    settings = Settings(sources=sources or SourcesSettings(), providers=ProvidersSettings(**providers))
    return ConfiguredSources(settings, clock(), Told({}))


def test_without_keys_those_that_need_none_are_at_hand_and_no_post_is_read() -> None:
    bare = configured()
    assert [bare.names(reading) for reading in Reading] == [("fredgraph",), ("yahoo_rss", "gdelt"), ()]


async def test_with_keys_all_are_at_hand_and_open_under_their_names() -> None:
    everything = configured(
        SourcesSettings(
            fred=FredSettings(api_key=SECRET),
            newsapi=NewsApiSettings(api_key=SECRET),
            x=XSettings(enabled=True, api_key=SECRET),
            stocktwits=StocktwitsSettings(enabled=True),
            reddit_rss=RedditRssSettings(enabled=True),
        ),
        finnhub=FinnhubSettings(api_key=SECRET),
    )
    opened = (everything.economic(), everything.news(), everything.social())
    assert [tuple(source.name for source in sources) for sources in opened] == [
        everything.names(one) for one in Reading
    ]
    assert {name for one in Reading for name in everything.names(one)} == {*known_sources(), "fredgraph"}
    assert opened[0][0].has_vintages
    assert not opened[0][1].has_vintages
    for sources in opened:
        for source in sources:
            await source.close()


def test_x_without_a_token_is_not_asked_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    bare = configured(SourcesSettings(x=XSettings(enabled=True)))
    assert bare.social() == ()
    assert "x is enabled and is not asked: it lacks TWITTER_BEARER_TOKEN" in caplog.text
    assert bare.why_none(Reading.SOCIAL).startswith("x is enabled and lacks TWITTER_BEARER_TOKEN; or set ")


def test_why_nobody_is_asked_is_one_reason() -> None:
    off = configured(SourcesSettings(fred=FredSettings(enabled=False)))
    assert off.why_none(Reading.ECONOMIC) == "none is enabled: set TREND_SOURCES__FRED__ENABLED=true"
    assert "simulated" in ReadySources().why_none(Reading.NEWS)


@pytest.mark.parametrize(
    ("name", "path", "told"),
    [
        ("fred", "/series", {"seriess": []}),
        ("finnhub", "/news", []),
        ("newsapi", "/top-headlines", {"status": "ok", "articles": []}),
        ("x", "/usage/tweets", {"data": {"project_usage": "12"}}),
    ],
)
async def test_whether_a_key_is_taken_costs_one_call(name: str, path: str, told: object) -> None:
    sources = SourcesSettings(
        fred=FredSettings(api_key=SECRET), newsapi=NewsApiSettings(api_key=SECRET), x=XSettings(api_key=SECRET)
    )
    settings = Settings(sources=sources, providers=ProvidersSettings(finnhub=FinnhubSettings(api_key=SECRET)))
    network = Told({path: [(200, told), (401, {"error": "unknown key", "status": "error", "code": "apiKeyInvalid"})]})
    source = ConfiguredSources(settings, clock(), network).opened_to_try(name)
    await source.try_key()
    assert len(network.requests) == 1
    with pytest.raises(AuthFailed):
        await source.try_key()
    await source.close()


def test_what_is_switched_off_is_not_at_hand() -> None:
    off = {"fred": FredSettings(enabled=False, api_key=SECRET), "gdelt": GdeltSettings(enabled=False)}
    assert configured(SourcesSettings(**off, yahoo_rss=YahooRssSettings(enabled=False))).news() == ()
    assert configured(SourcesSettings(**off)).names(Reading.ECONOMIC) == ()
    assert configured(finnhub=FinnhubSettings(api_key=SECRET, enabled=False)).names(Reading.NEWS) == (
        "yahoo_rss",
        "gdelt",
    )


def test_sources_that_are_open_already_say_who_they_are() -> None:
    ready = ReadySources(
        news_sources=(NewsTeller("a", article("https://a.test", "t", NOW)),), social_sources=(SocialTeller({}),)
    )
    assert [ready.names(reading) for reading in Reading] == [(), ("a",), ("stocktwits",)]


def test_a_source_is_loaded_when_it_is_opened_and_not_before() -> None:
    code = "import sys, trend_platform.ingest.build; print(*[name for name in sys.modules if name.endswith('.source')])"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
