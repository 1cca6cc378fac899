"""Texts that no database takes."""

from datetime import UTC, datetime

from trend_platform.domain.news import told_articles
from trend_platform.domain.posts import told_posts
from trend_platform.domain.texts import fit_to_keep

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_half_characters_and_nul_go_and_the_rest_stays() -> None:
    row = {"text": "a\0b \ud83d c \U0001f680 ß", "count": 3, "none": None, "list": ["x"]}
    assert fit_to_keep(row) == {"text": "ab ? c \U0001f680 ß", "count": 3, "none": None, "list": ["x"]}


def test_articles_and_posts_are_fit_to_be_kept() -> None:
    article = {
        "provider": "a",
        "url": "https://a.test/\0",
        "title": " \ud83dUp\0 ",
        "summary": "",
        "publisher": "",
        "symbols": [],
    }
    assert told_articles([{**article, "published_at": NOON}]).select("url", "title").row(0) == (
        "https://a.test/",
        "?Up",
    )
    post = {
        "provider": "a",
        "post_id": "1",
        "url": "",
        "text": "\ud83d\0",
        "symbols": [],
        "stance": None,
        "likes": None,
    }
    assert told_posts([{**post, "replies": None, "posted_at": NOON}])["text"].to_list() == ["?"]
    for odd in ("3", -1, 2**63, 1.5, {}):
        told = told_posts([{**post, "likes": odd, "replies": 2, "posted_at": NOON}])
        assert told.select("likes", "replies").row(0) == (None, 2)


def test_a_title_of_nothing_but_nul_is_none() -> None:
    row = {"provider": "a", "url": "https://a.test", "title": "\0 ", "summary": "", "publisher": "", "symbols": []}
    assert told_articles([{**row, "published_at": NOON}]).is_empty()
