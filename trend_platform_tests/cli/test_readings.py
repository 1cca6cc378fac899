"""`trend economic`, `trend news` and `trend social` on a store in memory and sources that a test wrote down."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from trend_platform.domain.economy import EconomicSeries
from trend_platform.errors import NothingThere, RateLimited
from trend_platform.providers.sources import Price, ReadySources
from trend_platform.settings import FredSettings, Settings, SourcesSettings
from trend_platform_tests.cli.conftest import NOW, Trend, answer_of, real_session
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.ingest.sources import EconomicTeller, NewsTeller, SocialTeller, article, said
from trend_platform_tests.storage.reading_frames import believed, vintages

DAY = timedelta(days=1)
JULY, OCTOBER = date(2025, 7, 1), date(2025, 10, 1)
TOLD, REVISED = date(2026, 1, 29), date(2026, 2, 26)
GDP = vintages(
    (JULY, TOLD, REVISED - DAY, 30000.5), believed(JULY, REVISED, 30001.5), believed(OCTOBER, REVISED, 30100.0)
)
ABOUT = EconomicSeries("fred", "GDP", "Gross Domestic Product", "Billions of Dollars", "Q")
SETTINGS = Settings(sources=SourcesSettings(fred=FredSettings(series=("GDP", "GDPX"))))


@pytest.fixture
def session() -> GivenSession:
    made = real_session()
    made.settings = SETTINGS
    return made


def with_sources(session: GivenSession, **sources: object) -> None:
    session.whole = replace(session.whole, sources=ReadySources(**sources))


@pytest.fixture
def fred(session: GivenSession) -> EconomicTeller:
    teller = EconomicTeller(
        {"GDP": GDP, "GDPX": NothingThere("fred", "The series does not exist.")}, about={"GDP": ABOUT}
    )
    with_sources(session, economic_sources=(teller,))
    return teller


def test_series_are_fetched_and_one_that_is_missing_is_exit_code_3(trend: Trend, fred: EconomicTeller) -> None:
    answer = answer_of(trend("economic", "fetch", "--json"), code=3)
    assert (answer["asked"], list(answer["missing"])) == (["GDP", "GDPX"], ["GDPX"])
    assert answer["stored"][0]["newest_observation"] == "2025-10-01"
    code, out, _ = trend("economic", "fetch", "gdpx")
    assert code == 3
    assert "does not exist" in out
    assert "Missing: GDPX" in out
    assert fred.asked == ["GDP", "GDPX", "GDPX"]


def test_what_is_not_due_waits_unless_it_is_forced(trend: Trend, fred: EconomicTeller) -> None:
    assert trend("economic", "fetch", "GDP")[0] == 0
    code, out, _ = trend("economic", "fetch", "GDP")
    assert code == 0
    assert "2026-03-05 22:30" in out
    assert "--force" in out
    code, out, _ = trend("economic", "fetch", "GDP", "--force")
    assert "Complete: every series that was due is stored." in out
    assert len(fred.asked) == 2


def test_a_series_is_shown_as_it_is_known_today_and_as_it_was_on_a_day(trend: Trend, fred: EconomicTeller) -> None:
    trend("economic", "fetch", "GDP")
    values = lambda *arguments: [  # noqa: E731  said twice below
        one["value"] for one in answer_of(trend("economic", "show", "gdp", "--json", *arguments))["observations"]
    ]
    assert values() == [30001.5, 30100.0]
    assert values("--as-of", "2026-02-01") == [30000.5]
    assert values("--as-of", "2026-01-01") == []
    assert values("--vintages") == [30000.5, 30001.5, 30100.0]
    assert values("--limit", "1") == [30100.0]
    code, out, _ = trend("economic", "show", "GDP", "--as-of", "2026-02-01")
    assert code == 0
    assert "Gross Domestic Product, Billions of Dollars, as known on 2026-02-01" in out
    assert "30,000.50" in out
    assert "Nothing was known of GDP on 2026-01-01" in trend("economic", "show", "GDP", "--as-of", "2026-01-01")[1]


def test_all_series_are_listed_with_their_next_look(trend: Trend, fred: EconomicTeller) -> None:
    assert "No economic series is stored yet" in trend("economic", "show")[1]
    trend("economic", "fetch", "GDP")
    assert "Gross Domestic Product" in trend("economic", "show")[1]
    (one,) = answer_of(trend("economic", "show", "--json"))["series"]
    assert (one["series"], one["next_look"][:16]) == ("GDP", "2026-03-05T22:30")


def test_what_was_shown_without_a_key_says_so(trend: Trend, session: GivenSession) -> None:
    graph = vintages(believed(JULY, TOLD, 1.0), provider="fredgraph")
    with_sources(session, economic_sources=(EconomicTeller({"GDP": graph}, name="fredgraph", has_vintages=False),))
    trend("economic", "fetch", "GDP")
    assert "FRED_API_KEY" in trend("economic", "show", "GDP")[1]
    told = trend("economic", "show", "GDP", "--as-of", "2025-12-31")[1]
    assert "What was known of GDP on 2025-12-31 is not stored" in told
    assert "FRED_API_KEY" in told


def test_the_next_hour_asks_again_for_series_of_the_settings_alone(trend: Trend, fred: EconomicTeller) -> None:
    assert "Missing: GDPX. The next hour asks again." in trend("economic", "fetch", "GDPX")[1]
    fred.told["NOPE"] = NothingThere("fred", "The series does not exist.")
    assert "The next hour" not in trend("economic", "fetch", "NOPE")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("economic", "show", "GDQ"), "nothing is stored of series GDQ; stored: none. `trend economic fetch GDQ` asks"),
        (("economic", "show", "GDP", "--as-of", "2027-01-01"), "lies in the future"),
        (("economic", "show", "GDP", "--as-of", "soon"), "is no date"),
        (("economic", "show", "GDP", "--as-of", "2026-01-01", "--vintages"), "leave one of the two out"),
        (("economic", "show", "--vintages"), "name it"),
        (("news", "show", "--limit", "0"), "1. See `trend news show --help`."),
        (("news", "show", "AAPPL"), "the universe is empty"),
        (("news", "fetch"), "prices are simulated here"),
        (("social", "fetch"), "prices are simulated here"),
        (("economic", "fetch"), "prices are simulated here"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(trend: Trend, arguments: tuple[str, ...], message: str) -> None:
    code, _, err = trend(*arguments)
    assert code == 2
    assert message in err


def test_news_are_fetched_shown_and_found_by_symbol(trend: Trend, session: GivenSession) -> None:
    trend("instruments", "add", "AAPL", "MSFT")
    told = pl.concat(
        [
            article(
                "https://a.test/1", "Apple beats estimates as sales surge", NOW - timedelta(hours=2), symbols=["AAPL"]
            ),
            article("https://a.test/2", "Oil climbs as supply tightens", NOW, publisher="Reuters"),
        ]
    )
    teller = NewsTeller("gdelt", told)
    with_sources(session, news_sources=(teller,))
    answer = answer_of(trend("news", "fetch", "MSFT", "--hours", "48", "--json"))
    assert (answer["new"], answer["received"]) == (2, {"gdelt": 2})
    assert teller.asked == [(("MSFT",), NOW - timedelta(hours=48))]
    (story,) = answer_of(trend("news", "show", "AAPL", "--json"))["stories"]
    assert story["url"] == "https://a.test/1"
    code, out, _ = trend("news", "show")
    assert code == 0
    assert out.index("Oil climbs") < out.index("Apple beats")
    assert "+0." in out
    assert "did you mean AAPL" in trend("news", "show", "AAPPL")[2]


def test_a_source_of_news_that_tells_nothing_is_exit_code_3(trend: Trend, session: GivenSession) -> None:
    with_sources(session, news_sources=(NewsTeller("newsapi", RateLimited("newsapi", "100 a day")),))
    code, out, _ = trend("news", "fetch")
    assert code == 3
    assert "1 source told nothing: newsapi." in out
    assert "100 a day" in out
    assert "`trend news fetch` asks for some" in trend("news", "show")[1]


def test_posts_are_fetched_while_money_lasts_and_shown(trend: Trend, session: GivenSession) -> None:
    trend("instruments", "add", "AAPL", "BTC-USD")
    told = {"AAPL": said("1", "$AAPL\nto the moon", NOW, "x", symbols=["AAPL"], stance="bullish")}
    price = Price(dollars_per_post=0.01, posts_per_call=10, daily_dollars=0.1, monthly_dollars=1.0)
    with_sources(session, social_sources=(SocialTeller(told, name="x", price=price),))
    code, out, _ = trend("social", "fetch")
    assert code == 3
    assert "spent: x $0.010" in out
    assert "1 topic was not asked for." in out
    assert "$0.1 a day" in out
    (post,) = answer_of(trend("social", "show", "AAPL", "--json"))["posts"]
    assert (post["stance"], post["symbols"]) == ("bullish", ["AAPL"])
    assert "$AAPL to the moon" in trend("social", "show")[1]
    assert "No post is stored" in trend("social", "show", "BTC-USD")[1]
    assert answer_of(trend("social", "fetch", "BTC-USD", "--json"), code=3)["unasked"] == {"x": 1}
