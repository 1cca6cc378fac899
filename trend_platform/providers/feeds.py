"""RSS 2.0 and Atom feeds: reading them safely, and telling a feed from a page for people.

XML from outside is read by defusedxml, which refuses entities that grow or reach out. What an entry means is each source's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from re import compile as pattern
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from trend_platform.errors import Blocked, Malformed, ProviderError, Transient
from trend_platform.providers.classing import class_of_status, words
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.instants import instant_of_date

_TAGS = pattern(r"<[^>]+>")
_BLANKS = pattern(r"\s+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed.

    Attributes:
        entry_id: Its `guid` or `id`; empty if it has none.
        url: Where it leads.
        title: Plain text.
        summary: Plain text.
        published_at: UTC; `None` if it has no readable time.
    """

    entry_id: str
    url: str
    title: str
    summary: str
    published_at: datetime | None


def class_of_feed(provider: str, answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with a body that should be a feed, `None` if it may be one."""
    refused = class_of_status(provider, answer.status, words(answer))
    if refused is not None:
        return refused
    head = answer.body.lstrip()[:600].lower()
    if not head:
        return Transient(provider, f"answered {answer.status} with an empty body where a feed was expected")
    if b"<rss" in head or b"<feed" in head:
        return None
    return Blocked(provider, f"answered {answer.status} with something that is no feed ({words(answer)})")


def read_feed(provider: str, body: bytes) -> list[Entry]:
    """Return the entries of a feed, as they stand in it.

    Raises:
        Malformed: The body cannot be read as XML, or tries what no feed does.
    """
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Malformed(provider, f"the feed cannot be read: {str(error)[:120] or type(error).__name__}") from None
    return [_entry(each) for each in root.iter() if _name(each) in {"item", "entry"}]


def plain(text: str) -> str:
    """Return text without markup: tags and entities gone, blanks made one."""
    return _BLANKS.sub(" ", unescape(_TAGS.sub(" ", unescape(text)))).strip()


def read_instant(text: str) -> datetime | None:
    """Return a time as feeds write it, RFC 2822 or ISO 8601, in UTC; `None` if it is neither."""
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return instant_of_date(text.strip())


def _entry(element: Element) -> Entry:
    texts = {name: text for name, text in _texts(element) if text}
    link = texts.get("link") or next((each.get("href", "") for each in element if _name(each) == "link"), "")
    stamp = texts.get("pubDate") or texts.get("published") or texts.get("updated") or ""
    return Entry(
        texts.get("guid") or texts.get("id") or "",
        link,
        plain(texts.get("title", "")),
        plain(texts.get("description") or texts.get("summary") or texts.get("content") or ""),
        read_instant(stamp),
    )


def _texts(element: Element) -> Iterator[tuple[str, str]]:
    for child in element:
        yield _name(child), "".join(child.itertext()).strip()


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
