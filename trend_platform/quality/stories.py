"""From articles as sources tell them to stories: one row each, however many sources, addresses and spellings carry it.

Two articles are one story if they have the same canonical address, or nearly the same title within two days. Titles that differ in
a number or a whole word, or that are about different instruments, are different stories however alike they read.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import polars as pl
from rapidfuzz import fuzz, process

from trend_platform.domain.news import ARTICLE_SCHEMA, as_articles, empty_articles
from trend_platform.quality.addresses import canonical_url
from trend_platform.quality.mentions import Mentions
from trend_platform.quality.sentiment import sentiment_of

LOOK_BACK: Final = timedelta(days=2)
"""How far apart two articles with nearly the same title may be published to be one story."""

ALIKE: Final = 92.0
"""From which likeness on, of 100, two titles are nearly the same (words in any order, by edit distance)."""

_AHEAD: Final = timedelta(days=1)
_SPELLING: Final = 80.0
_FILLERS: Final = frozenset(
    {"a", "an", "the", "s", "to", "in", "on", "of", "at", "as", "and", "for", "by", "with", "is", "are"}
)
_SHORT_TITLE: Final = 4
_NOT_A_WORD: Final = re.compile(r"[^\w$%]+")
_PUBLISHER: Final = re.compile(r"\s+[-|–—]\s+[^-|–—]{2,40}$")  # noqa: RUF001  dashes as titles have them


@dataclass(frozen=True, slots=True)
class Stories:
    """What articles amount to beside what is stored.

    Attributes:
        new: Stories that are not stored; an article frame.
        grown: Stored stories that have a further address or instrument now, whole; an article frame.
        duplicates: Articles that are copies of a story, known or new.
        rejected: Articles that are none: no address on the web, or a time that cannot be.
    """

    new: pl.DataFrame
    grown: pl.DataFrame
    duplicates: int
    rejected: int


@dataclass(slots=True)
class _Story:
    row: dict[str, object]
    published_at: datetime
    title: str
    numbers: tuple[str, ...]
    symbols: set[str]
    addresses: set[str]
    is_new: bool
    has_grown: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class _Article:
    url: str
    title: str
    numbers: tuple[str, ...]
    published_at: datetime
    symbols: frozenset[str]
    row: dict[str, object]


def distil(told: pl.DataFrame, stored: pl.DataFrame, mentions: Mentions, oldest: datetime, now: datetime) -> Stories:
    """Return the stories in told articles beside those that are stored.

    Args:
        told: Told articles, in any order, with any duplicates.
        stored: The stored stories with one of their addresses, and those published since `LOOK_BACK` before the first of them.
        mentions: Finds what a story is about, beside what its source says.
        oldest: Articles published before are not looked at: they would be dropped by age at once.
        now: When they were fetched.
    """
    young = told.filter(pl.col("published_at") >= oldest)
    articles = [_article(row, mentions, now) for row in young.sort("published_at").iter_rows(named=True)]
    sound = [one for one in articles if one is not None]
    stories = [_known(row) for row in stored.iter_rows(named=True)]
    by_address = {address: story for story in stories for address in story.addresses}
    duplicates = 0
    for one in sound:
        story = by_address.get(one.url) or _alike(one, stories)
        if story is None:
            story = _begun(one)
            stories.append(story)
        else:
            duplicates += 1
            _grow(story, one)
        by_address[one.url] = story
    return Stories(
        _frame([one for one in stories if one.is_new], now),
        _frame([one for one in stories if one.has_grown and not one.is_new], now),
        duplicates,
        len(articles) - len(sound),
    )


def bare_title(title: str) -> str:
    """Return what of a title is compared: lower case, words only, without the publisher's name at its end."""
    return " ".join(_NOT_A_WORD.sub(" ", _PUBLISHER.sub("", title).lower()).split())


def _article(row: dict[str, object], mentions: Mentions, now: datetime) -> _Article | None:
    url, published_at, symbols = canonical_url(str(row["url"])), row["published_at"], row["symbols"]
    if url is None or not isinstance(published_at, datetime) or published_at > now + _AHEAD:
        return None
    named = map(str, symbols) if isinstance(symbols, list) else ()
    about = frozenset([*named, *mentions.in_text(f"{row['title']}\n{row['summary']}")])
    title = bare_title(str(row["title"]))
    return _Article(url, title, _numbers(title), published_at, about, row)


def _known(row: dict[str, object]) -> _Story:
    published_at, symbols, copies = row["published_at"], row["symbols"], row["also_at"]
    assert isinstance(published_at, datetime)  # noqa: S101  tells the type checker what the schema says
    assert isinstance(symbols, list)  # noqa: S101
    assert isinstance(copies, list)  # noqa: S101
    addresses = {str(row["url"]), *map(str, copies)}
    title = bare_title(str(row["title"]))
    return _Story(row, published_at, title, _numbers(title), set(map(str, symbols)), addresses, is_new=False)


def _begun(one: _Article) -> _Story:
    row = {**one.row, "url": one.url}
    return _Story(row, one.published_at, one.title, one.numbers, set(one.symbols), {one.url}, is_new=True)


def _grow(story: _Story, one: _Article) -> None:
    if one.url not in story.addresses or not one.symbols <= story.symbols:
        story.has_grown = True
        story.addresses.add(one.url)
        story.symbols |= one.symbols


def _alike(one: _Article, stories: Sequence[_Story]) -> _Story | None:
    near = [
        story
        for story in stories
        if story.numbers == one.numbers
        and abs(story.published_at - one.published_at) <= LOOK_BACK
        and not (story.symbols and one.symbols and story.symbols.isdisjoint(one.symbols))
    ]
    least = ALIKE if len(one.title.split()) >= _SHORT_TITLE else 100.0
    if not one.title:
        return None
    titles = [story.title for story in near]
    found = process.extract(one.title, titles, scorer=fuzz.token_sort_ratio, score_cutoff=least, limit=None)
    return next((near[index] for title, _, index in found if _same_words(one.title, title)), None)


def _same_words(one: str, other: str) -> bool:
    # One letter more or less is a spelling; one word is another story: oil falls, gold falls, gold does not fall.
    mine, theirs = Counter(one.split()), Counter(other.split())
    mine, theirs = mine - theirs, theirs - mine
    left, right = [[word for word in words if word not in _FILLERS] for words in (mine, theirs)]
    return all(
        any(fuzz.ratio(word, counterpart) >= _SPELLING for counterpart in others)
        for words, others in ((left, right), (right, left))
        for word in words
    )


def _numbers(title: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in title.split() if any(map(str.isdigit, word))))


def _frame(stories: Sequence[_Story], now: datetime) -> pl.DataFrame:
    if not stories:
        return empty_articles()
    rows = [
        {
            **story.row,
            "symbols": sorted(story.symbols),
            "also_at": sorted(story.addresses - {str(story.row["url"])}),
            "sentiment": story.row.get("sentiment"),
            "fetched_at": story.row.get("fetched_at") or now,
        }
        for story in stories
    ]
    frame = pl.DataFrame(rows, schema=ARTICLE_SCHEMA)
    sounds = sentiment_of(f"{row['title']}. {row['summary']}" for row in frame.iter_rows(named=True))
    return as_articles(frame.with_columns(sentiment=pl.coalesce("sentiment", sounds)))
