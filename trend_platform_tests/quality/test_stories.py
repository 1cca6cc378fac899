"""Stories: what is one and what is two."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.news import empty_articles
from trend_platform.quality.addresses import canonical_url
from trend_platform.quality.mentions import Mentions, short_name
from trend_platform.quality.posts import judge_posts
from trend_platform.quality.sentiment import sentiment_of
from trend_platform.quality.stories import LOOK_BACK, Stories, bare_title, distil
from trend_platform_tests.ingest.sources import article, said

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
UNIVERSE = (
    Instrument(1, "AAPL", AssetClass.STOCK, "XNYS", "Apple Inc."),
    Instrument(2, "MSFT", AssetClass.STOCK, "XNYS", "Microsoft Corporation"),
    Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7"),
    Instrument(4, "ON", AssetClass.STOCK, "XNYS", "ON Semiconductor Corp."),
    Instrument(5, "BRK.B", AssetClass.STOCK, "XNYS", "Berkshire Hathaway Inc."),
)
MENTIONS = Mentions(UNIVERSE)


def distilled(*told: pl.DataFrame, stored: pl.DataFrame | None = None) -> Stories:
    known = empty_articles() if stored is None else stored
    return distil(pl.concat(told), known, MENTIONS, NOON - YEAR, NOON)


@pytest.mark.parametrize(
    ("one", "canonical"),
    [
        ("http://WWW.Site.test/a/?utm_source=x&b=2&a=1#top", "https://www.site.test/a?a=1&b=2"),
        ("https://site.test:443/a?fbclid=1&.tsrc=rss", "https://site.test/a"),
        ("https://site.test:8443/a/", "https://site.test:8443/a"),
        ("https://site.test", "https://site.test"),
        ("https://site.test/a?id=", "https://site.test/a?id="),
        (" https://site.test/größe ", "https://site.test/gr%C3%B6%C3%9Fe"),
        ("ftp://site.test/a", None),
        ("site.test/a", None),
        ("https://[bad/a", None),
        ("https://site.test:port/a", None),
        ("", None),
    ],
)
def test_an_address_has_one_spelling(one: str, canonical: str | None) -> None:
    assert canonical_url(one) == canonical
    if canonical:
        assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Apple and Microsoft fall", ["AAPL", "MSFT"]),
        ("Pineapple prices; Applebee's opens", []),
        ("$AAPL $BTC and $ON", ["AAPL", "BTC-USD", "ON"]),
        ("costs $AAPLX or A$AAPL", []),
        ("Chipmaker (NASDAQ: ON) and (NYSE:BRK.B)", ["BRK.B", "ON"]),
        ("Lights ON, all of IT", []),
        ("bitcoin and Bitcoin", ["BTC-USD"]),
        ("Berkshire Hathaway buys", ["BRK.B"]),
        ("$BRK.B, then.", ["BRK.B"]),
        ("", []),
    ],
)
def test_mentions_are_found_and_words_are_not(text: str, symbols: list[str]) -> None:
    assert MENTIONS.in_text(text) == symbols


def test_a_name_is_short_without_its_legal_form() -> None:
    names = ("Apple Inc.", "Alphabet Holdings, Inc.", "SAP SE", "The Coca-Cola Company", "Group")
    assert [short_name(name) for name in names] == ["Apple", "Alphabet", "SAP", "The Coca-Cola", "Group"]


def test_nobody_known_is_never_mentioned() -> None:
    assert Mentions(()).in_text("$AAPL Apple (NYSE: ON)") == []


def test_texts_sound_as_markets_hear_them() -> None:
    texts = ["Apple beats estimates, shares surge", "Bank plunges on fraud probe", "The company has shares", "", "  "]
    good, bad, neutral, *none = sentiment_of(texts)
    assert good > 0.5
    assert bad < -0.5
    assert neutral == 0.0
    assert none == [None, None]


def test_the_same_address_is_the_same_story_whatever_its_title() -> None:
    found = distilled(
        article("https://a.test/1", "First take", NOON - HOUR), article("http://a.test/1/", "Rewritten", NOON)
    )
    assert (found.new["title"].to_list(), found.duplicates) == (["First take"], 1)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Fed holds rates steady as inflation cools", "Fed Holds Rates Steady As Inflation Cools - CNBC", True),
        ("Fed holds rates steady as inflation cools", "Fed holds rates steady, as inflation cools!", True),
        ("Stocks close higher on Tuesday as tech leads", "Stocks close lower on Tuesday as banks fall", False),
        ("Dow jumps 300 points on strong earnings reports", "Dow jumps 400 points on strong earnings reports", False),
        (
            "Apple stock: is it a buy before earnings season",
            "Microsoft stock: is it a buy before earnings season",
            False,
        ),
        ("Oil falls as markets wait for the next numbers", "Gold falls as markets wait for the next numbers", False),
        ("Fed will cut rates this year, officials say", "Fed will not cut rates this year, officials say", False),
        (
            "Tesla recalls cars in China over brake software",
            "Tesla recalls the cars in China over brakes software",
            True,
        ),
        ("Market wrap", "Market wraps", False),
        ("Market wrap", "Market Wrap", True),
    ],
)
def test_nearly_the_same_title_is_the_same_story_unless_a_number_or_its_subject_differs(
    one: str, other: str, is_same: bool
) -> None:
    found = distilled(article("https://a.test/1", one, NOON - HOUR), article("https://b.test/2", other, NOON))
    assert (found.new.height, found.duplicates) == ((1, 1) if is_same else (2, 0))


def test_the_same_title_days_later_is_another_story() -> None:
    late = NOON - HOUR
    told = [
        article(f"https://a.test/{n}", "Stocks making the biggest moves", late - n * (LOOK_BACK + HOUR))
        for n in range(3)
    ]
    assert distilled(*told).new.height == 3


def test_the_first_one_told_is_the_story_and_gathers_all_addresses_and_symbols() -> None:
    told = [
        article("https://b.test/2", "Chip shares rally after results", NOON, "newsapi", symbols=["ON"]),
        article("https://a.test/1", "Chip shares rally after results", NOON - HOUR, "gdelt", summary="says $AAPL"),
        article("https://b.test/2?utm_medium=feed", "Chip shares rally after results", NOON),
    ]
    # One is about ON and the other about AAPL: two stories.
    assert distilled(*told[:2]).new.height == 2
    merged = distilled(told[1].with_columns(summary=pl.lit("")), told[0], told[2])
    assert merged.new.select("url", "provider", "symbols", "also_at").row(0) == (
        "https://a.test/1",
        "gdelt",
        ["ON"],
        ["https://b.test/2"],
    )


def test_a_stored_story_grows_only_if_there_is_something_new() -> None:
    first = distilled(article("https://a.test/1", "Chip shares rally after results", NOON - HOUR)).new
    same = distilled(article("https://a.test/1", "Chip shares rally after results", NOON), stored=first)
    assert (same.new.height, same.grown.height, same.duplicates) == (0, 0, 1)
    grown = distilled(article("https://b.test/2", "Chip shares rally after results", NOON), stored=first).grown
    assert grown.drop("also_at").equals(first.drop("also_at"))
    assert grown["also_at"].to_list() == [["https://b.test/2"]]


def test_a_title_is_compared_without_publisher_and_punctuation() -> None:
    assert bare_title("Apple's $3T day: what's next? | Reuters") == "apple s $3t day what s next"
    assert bare_title("A - B - The Wall Street Journal") == "a b"


def test_a_post_of_a_known_symbol_is_kept_and_its_text_may_name_more() -> None:
    told = pl.concat(
        [said("1", "$MSFT too", NOON, symbols=["AAPL"]), said("2", "nothing", NOON), said("3", "$ON", NOON - YEAR)]
    )
    judged = judge_posts(told, MENTIONS, NOON - HOUR, NOON)
    assert judged.posts["symbols"].to_list() == [["AAPL", "MSFT"]]
    assert (judged.unrelated, judged.rejected) == (1, 1)


def test_a_run_of_hundreds_of_articles_beside_thousands_of_stories_is_judged_in_seconds() -> None:
    words = [
        "stocks",
        "fed",
        "rates",
        "oil",
        "gold",
        "banks",
        "chips",
        "merger",
        "profit",
        "outlook",
        "tariffs",
        "jobs",
    ]
    titles = [
        " ".join(words[(n // 12**k + n * k) % 12] for k in range(4)) + f" {n % 7} {words[n % 12]}" for n in range(2000)
    ]
    told = pl.concat([article(f"https://a.test/{n}", title, NOON - HOUR) for n, title in enumerate(titles)])
    stored = distilled(told[:1500]).new
    started = datetime.now(UTC)
    found = distilled(told[1500:], stored=stored)
    assert found.new.height + found.duplicates == 500
    assert datetime.now(UTC) - started < timedelta(seconds=10)
