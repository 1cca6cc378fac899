"""NewsAPI, GDELT, Yahoo's headlines and Finnhub's news: what is asked, what is made of answers, what refusals mean."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from pydantic import SecretStr

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    NotEntitled,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from trend_platform.providers.feeds import class_of_feed, plain, read_feed, read_instant
from trend_platform.providers.finnhub.news import open_finnhub_news
from trend_platform.providers.gdelt import source as gdelt
from trend_platform.providers.newsapi import classing as newsapi
from trend_platform.providers.newsapi.source import open_newsapi
from trend_platform.providers.sources import NewsAnswer, NewsSource
from trend_platform.providers.yahoo_rss.source import open_yahoo_rss, spelt
from trend_platform.settings import FinnhubSettings, GdeltSettings, NewsApiSettings, YahooRssSettings
from trend_platform_tests.providers.source_network import AAPL, BRK, BTC, EUR, KEY, NOW, Told, answer, clock

SINCE = NOW - timedelta(days=1)


async def ask(source: NewsSource, *instruments: Instrument, since: datetime = SINCE) -> NewsAnswer:
    try:
        return await source.articles(instruments, since)
    finally:
        await source.close()


def rows(found: NewsAnswer, *columns: str) -> Sequence[tuple[object, ...]]:
    return found.articles.select(columns).rows()


# NewsAPI


def newsapi_on(network: Told) -> NewsSource:
    return open_newsapi(NewsApiSettings(api_key=SecretStr(KEY), max_attempts=1, query="fed"), clock(), network)


def of_newsapi(**changes: object) -> dict[str, object]:
    told = {
        "source": {"id": None, "name": "Reuters"},
        "title": "Fed cuts",
        "description": "By a quarter.",
        "url": "https://r.test/1",
    }
    return {**told, "publishedAt": "2026-11-19T09:00:00Z", **changes}


async def test_newsapi_searches_a_day_back_because_its_free_plan_is_a_day_late() -> None:
    network = Told({"/everything": (200, {"status": "ok", "articles": [of_newsapi()]})})
    found = await ask(newsapi_on(network), AAPL, since=NOW - timedelta(hours=1))
    assert rows(found, "provider", "url", "title", "summary", "publisher", "symbols") == [
        ("newsapi", "https://r.test/1", "Fed cuts", "By a quarter.", "Reuters", [])
    ]
    assert found.articles["published_at"].to_list() == [datetime(2026, 11, 19, 9, tzinfo=UTC)]
    (request,) = network.requests
    assert (request.url.params["q"], request.url.params["from"]) == ("fed", "2026-11-19T10:00:00")
    assert request.headers["X-Api-Key"] == KEY
    assert KEY not in str(request.url)


async def test_newsapi_leaves_out_what_a_publisher_took_back_and_what_has_no_time() -> None:
    told = [of_newsapi(title="[Removed]"), of_newsapi(title=None), of_newsapi(publishedAt="soon"), of_newsapi(url=None)]
    found = await ask(newsapi_on(Told({"/everything": (200, {"status": "ok", "articles": told})})))
    assert found.articles.is_empty()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "apiKeyInvalid", AuthFailed),
        (401, "apiKeyDisabled", AuthFailed),
        (429, "apiKeyExhausted", QuotaExhausted),
        (429, "rateLimited", RateLimited),
        (426, "upgradeRequired", NotEntitled),
        (426, "maximumResultsReached", NotEntitled),
        (500, "unexpectedError", Transient),
        (400, "parameterInvalid", Malformed),
        (200, "apiKeyInvalid", AuthFailed),
        (200, "new", Malformed),
    ],
)
def test_newsapi_refuses_by_code(status: int, code: str, kind: type[ProviderError]) -> None:
    assert type(newsapi.classify(answer(status, {"status": "error", "code": code, "message": "no"}))) is kind
    assert newsapi.classify(answer(200, {"status": "ok", "articles": []})) is None


async def test_newsapi_without_a_list_is_malformed_and_without_a_key_no_source() -> None:
    with pytest.raises(Malformed):
        await ask(newsapi_on(Told({"/everything": (200, {"status": "ok"})})))
    with pytest.raises(AuthFailed, match="NEWS_API_KEY"):
        open_newsapi(NewsApiSettings(), clock())


# GDELT


def gdelt_on(body: object, status: int = 200) -> tuple[NewsSource, Told]:
    network = Told({"/doc/doc": (status, body)})
    return gdelt.open_gdelt(GdeltSettings(max_attempts=1), clock(), network), network


OF_GDELT = {"url": "https://g.test/1", "title": "Oil climbs", "seendate": "20261120T113000Z", "domain": "g.test"}


async def test_gdelt_tells_when_it_saw_an_article() -> None:
    source, network = gdelt_on({"articles": [OF_GDELT, {**OF_GDELT, "seendate": "never"}]})
    found = await ask(source)
    assert rows(found, "url", "title", "publisher", "published_at") == [
        ("https://g.test/1", "Oil climbs", "g.test", datetime(2026, 11, 20, 11, 30, tzinfo=UTC))
    ]
    (asked,) = network.params("/doc/doc")
    assert (asked["startdatetime"], asked["enddatetime"], asked["maxrecords"]) == (
        "20261119120000",
        "20261120120000",
        "250",
    )


@pytest.mark.parametrize("body", [{}, {"articles": []}])
async def test_gdelt_finds_nothing_in_two_ways(body: object) -> None:
    assert (await ask(gdelt_on(body)[0])).articles.is_empty()


async def test_escapes_that_json_does_not_know_cost_no_article() -> None:
    body = b'{"articles": [{"url": "https://g.test/1", "title": "It\\\'s up \\d", "seendate": "20261120T113000Z"}]}'
    assert rows(await ask(gdelt_on(body)[0]), "title") == [("It\\'s up \\d",)]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, "Please limit requests to one every 5 seconds or contact ...", RateLimited),
        (429, "Please limit requests to one every 5 seconds or contact ...", RateLimited),
        (200, "Your search contained a keyword that was too short.", Malformed),
        (200, "<html><body>busy</body></html>", Blocked),
        (503, "upstream", Transient),
    ],
)
def test_gdelt_refuses_in_prose_whatever_the_status(status: int, body: str, kind: type[ProviderError]) -> None:
    assert type(gdelt.classify(answer(status, body))) is kind


# Feeds

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Yahoo! Finance: AAPL</title>
<item><title>Apple &amp;amp; friends</title><link>https://y.test/1?.tsrc=rss</link>
<description>&lt;b&gt;Up&lt;/b&gt; again</description><pubDate>Fri, 20 Nov 2026 10:00:00 +0000</pubDate></item>
<item><title>No time</title><link>https://y.test/2</link></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>t3_1</id><title>T</title><link href="https://a.test/1"/>
<updated>2026-11-20T12:00:00+02:00</updated><content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>"""
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>'


def yahoo_on(network: Told) -> NewsSource:
    return open_yahoo_rss(YahooRssSettings(max_attempts=1), clock(), network)


async def test_each_headline_of_yahoo_is_about_the_symbol_of_its_feed() -> None:
    network = Told({"/headline": (200, FEED)})
    found = await ask(yahoo_on(network), AAPL, BRK, EUR)
    assert rows(found, "title", "summary", "publisher", "symbols") == [
        ("Apple & friends", "Up again", "y.test", ["AAPL"]),
        ("Apple & friends", "Up again", "y.test", ["BRK.B"]),
    ]
    assert [one["s"] for one in network.params("/headline")] == ["AAPL", "BRK-B"]
    assert (spelt(BTC), found.calls) == ("BTC-USD", 2)


async def test_without_a_symbol_yahoo_is_asked_about_the_market() -> None:
    network = Told({"/headline": (200, FEED)})
    assert rows(await ask(yahoo_on(network)), "symbols") == [([],)]
    assert network.params("/headline")[0]["s"] == "^GSPC"


async def test_one_feed_that_fails_costs_itself_and_a_ban_the_rest() -> None:
    found = await ask(yahoo_on(Told({"/headline": [(200, FEED), (500, "oops")]})), AAPL, BRK)
    assert (found.articles.height, list(found.failures), found.calls) == (1, ["BRK.B"], 2)
    network = Told({"/headline": [(200, FEED), (429, "Too Many Requests")]})
    banned = await ask(yahoo_on(network), AAPL, BRK, BTC)
    assert (list(banned.failures), len(network.requests)) == (["BRK.B", "BTC-USD"], 2)
    with pytest.raises(RateLimited) as failed:
        await ask(yahoo_on(Told({"/headline": (429, "Too Many Requests")})), AAPL, BRK)
    assert failed.value.calls == 1


def test_feeds_are_read_safely_and_both_kinds_alike() -> None:
    (entry,) = read_feed("a", ATOM)
    assert (entry.entry_id, entry.url, entry.summary) == ("t3_1", "https://a.test/1", "x")
    assert entry.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    for body in (BOMB, b"<rss><channel>", b""):
        with pytest.raises(Malformed):
            read_feed("a", body)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, FEED, None),
        (200, ATOM, None),
        (200, "<!DOCTYPE html><html>", Blocked),
        (200, "", Transient),
        (404, "no", Malformed),
    ],
)
def test_a_feed_is_told_from_a_page(status: int, body: object, kind: type[ProviderError] | None) -> None:
    found = partial(class_of_feed, "a")(answer(status, body))
    assert found is None if kind is None else isinstance(found, ProviderError)
    assert kind is None or kind is Malformed or type(found) is kind


def test_times_and_texts_of_feeds_are_read_whatever_they_wear() -> None:
    assert read_instant("Fri, 20 Nov 2026 07:00:00 EST") == NOW
    assert read_instant("2026-11-20T12:00:00") == NOW
    for none in ("yesterday", "", "0001-01-01T00:00:00+23:00", "2026-13-01"):
        assert read_instant(none) is None
    assert plain(" a &amp;lt;b&gt; <i>c</i>\n d ") == "a <b> c d"


# Finnhub


def of_finnhub(**changes: object) -> dict[str, object]:
    told = {
        "headline": "Apple rises",
        "summary": "s",
        "source": "CNBC",
        "url": "https://f.test/1",
        "datetime": 1795168800,
    }
    return {**told, **changes}


async def test_finnhub_tells_general_news_coins_and_each_share() -> None:
    network = Told(
        {"/company-news": (200, [of_finnhub()]), "/news": (200, [of_finnhub(url="https://f.test/2", datetime=0)])}
    )
    source = open_finnhub_news(FinnhubSettings(api_key=SecretStr(KEY), max_attempts=1), clock(), network)
    found = await ask(source, AAPL, BTC, EUR)
    assert rows(found, "url", "symbols", "publisher") == [("https://f.test/1", ["AAPL"], "CNBC")]
    assert [one["category"] for one in network.params("/news") if "category" in one] == ["general", "crypto"]
    assert network.params("/company-news") == [{"symbol": "AAPL", "from": "2026-11-19", "to": "2026-11-20"}]
    assert all(one.headers["X-Finnhub-Token"] == KEY for one in network.requests)


async def test_a_company_that_finnhub_does_not_tell_costs_itself() -> None:
    network = Told({"/company-news": (200, {"error": "You don't have access to this resource."}), "/news": (200, [])})
    source = open_finnhub_news(FinnhubSettings(api_key=SecretStr(KEY), max_attempts=1), clock(), network)
    assert list((await ask(source, AAPL)).failures) == ["AAPL"]
    with pytest.raises(AuthFailed, match="FINNHUB_API_KEY"):
        open_finnhub_news(FinnhubSettings(), clock())
