"""From a source's wire to a real database: economic series, news and posts through the sources that settings make."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.ingest.build import open_workshop
from trend_platform.ingest.economy import refresh_economy
from trend_platform.ingest.news import NewsOutcome, refresh_news
from trend_platform.ingest.social import refresh_social
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import drive
from trend_platform.providers.source_registry import ConfiguredSources
from trend_platform.providers.sources import Reading
from trend_platform.settings import FredSettings, GdeltSettings, Settings, SourcesSettings, XSettings, YahooRssSettings
from trend_platform.storage.base import PriceKind
from trend_platform_tests.providers.source_network import KEY, NOW, Told
from trend_platform_tests.storage.databases import empty_market

Urls = tuple[SecretStr, SecretStr]
YEAR = timedelta(days=365)
WITH_KEYS = Settings(
    sources=SourcesSettings(
        fred=FredSettings(api_key=SecretStr(KEY), max_attempts=1),
        x=XSettings(enabled=True, api_key=SecretStr(KEY), daily_dollars=0.1),
        gdelt=GdeltSettings(max_attempts=1),
        yahoo_rss=YahooRssSettings(enabled=False),
    )
)
POSTS = {
    "data": [
        {
            "id": str(number),
            "text": "$AAPL up",
            "created_at": f"2026-11-20T11:{number:02}:00Z",
            "public_metrics": {"like_count": 1},
        }
        for number in range(10)
    ]
}
OBSERVATIONS = {
    "count": 2,
    "observations": [
        {"date": "2026-04-01", "realtime_start": "2026-07-30", "realtime_end": "2026-08-26", "value": "30100.5"},
        {"date": "2026-04-01", "realtime_start": "2026-08-27", "realtime_end": "9999-12-31", "value": "30101.5"},
    ],
}


@pytest.fixture
def urls(database_url: str, redis_url: str) -> Urls:
    empty_market(database_url, PriceKind.REAL)
    redis.Redis.from_url(redis_url).flushdb()
    return SecretStr(database_url), SecretStr(redis_url)


def test_real_prices_have_the_sources_of_the_settings_and_simulated_ones_none(urls: Urls) -> None:
    with open_workshop(WITH_KEYS, *urls, PriceKind.REAL, ready=()) as workshop:
        assert workshop.sources.names(Reading.ECONOMIC) == ("fred", "fredgraph")
        assert workshop.sources.names(Reading.SOCIAL) == ("x",)
    empty_market(urls[0].get_secret_value(), PriceKind.SIMULATED)
    with open_workshop(WITH_KEYS, *urls, PriceKind.SIMULATED, ready=()) as workshop:
        assert [workshop.sources.names(reading) for reading in Reading] == [(), (), ()]


def test_a_series_goes_from_the_wire_to_the_database_with_its_vintages(urls: Urls) -> None:
    network = Told(
        {
            "/series/observations": (200, OBSERVATIONS),
            "/series/release": (200, {"releases": [{"id": 53, "name": "GDP"}]}),
            "/release/dates": (200, {"release_dates": [{"date": "2026-11-25"}]}),
            "/series": (200, {"seriess": [{"title": "Gross Domestic Product"}]}),
        }
    )
    clock = ManualClock(NOW)
    with open_workshop(WITH_KEYS, *urls, PriceKind.REAL, clock, ready=()) as opened:
        workshop = replace(opened, sources=ConfiguredSources(WITH_KEYS, clock, network))
        outcome = drive(workshop, refresh_economy(workshop, ["GDP"]))
        assert (outcome.adds_up, outcome.stored[0].inserted, outcome.calls) == (True, 2, {"fred": 4})
        again = drive(workshop, refresh_economy(workshop, ["GDP"]))
        assert (again.asked, again.waiting["GDP"].isoformat()) == ((), "2026-11-25T12:00:00+00:00")
        known = workshop.storage.economy.observations("fred", "GDP")
    assert known["value"].to_list() == [30100.5, 30101.5]
    assert KEY not in str(outcome)


def test_two_who_fetch_the_same_news_at_once_tell_each_story_once(urls: Urls) -> None:
    titles = [
        f"{one} {other} as markets wait for numbers"
        for one in ("Oil", "Gold", "Steel")
        for other in ("climbs", "falls")
    ]
    seen = {"seendate": "20261120T113000Z", "domain": "g.test"}
    told = [
        {"articles": [{**seen, "url": f"https://{host}.test/{n}", "title": title} for n, title in enumerate(titles)]}
        for host in "ab"
    ]

    def fetch(body: object) -> NewsOutcome:
        clock = ManualClock(NOW)
        sources = ConfiguredSources(WITH_KEYS, clock, Told({"/doc/doc": (200, body)}))
        with open_workshop(WITH_KEYS, *urls, PriceKind.REAL, clock, ready=()) as opened:
            workshop = replace(opened, sources=sources)
            return drive(workshop, refresh_news(workshop, (), YEAR))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(fetch, told))
    assert all(one.adds_up for one in outcomes)
    assert sorted(one.new for one in outcomes) == [0, len(titles)]
    with open_workshop(WITH_KEYS, *urls, PriceKind.REAL, ready=()) as workshop:
        stories = workshop.storage.news.latest((), 99)
        assert (stories.height, stories["also_at"].list.len().to_list()) == (6, [1] * 6)
        assert workshop.storage.news.repeated() == ()


def test_two_who_read_posts_at_once_share_one_allowance(urls: Urls) -> None:
    # Ten posts cost 5 cents and 10 cents are allowed: of four runs over two symbols two calls are made.
    networks = [Told({"/tweets/search/recent": (200, POSTS)}) for _ in range(4)]

    def fetch(network: Told) -> float:
        clock = ManualClock(NOW)
        with open_workshop(WITH_KEYS, *urls, PriceKind.REAL, clock, ready=()) as opened:
            workshop = replace(opened, sources=ConfiguredSources(WITH_KEYS, clock, network))
            instruments = add_symbols(workshop.storage.universe, ["AAPL", "MSFT"])
            return sum(drive(workshop, refresh_social(workshop, instruments, YEAR)).dollars.values())

    with ThreadPoolExecutor(4) as pool:
        spent = list(pool.map(fetch, networks))
    assert sum(len(network.requests) for network in networks) == 2
    assert sum(spent) == pytest.approx(0.1)
    with open_workshop(WITH_KEYS, *urls, PriceKind.REAL, ready=()) as workshop:
        assert workshop.storage.purse.spent("x", [NOW.date()]) == pytest.approx(0.1)
        assert workshop.storage.posts.latest(["AAPL"], 99).height == 10
