"""GDELT as a source of news: one search a run. Its refusals come as prose, mostly with status 200.

Source: https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/; titles may hold escapes that JSON does not know.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from json import loads
from re import compile as pattern

import httpx
import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.news import told_articles
from trend_platform.errors import Blocked, Malformed, ProviderError, RateLimited
from trend_platform.providers.base import Quota
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import HttpAnswer, HttpClient
from trend_platform.providers.sources import NewsAnswer
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import open_client
from trend_platform.settings import GdeltSettings

NAME = "gdelt"
# One call in five seconds is allowed; whoever keeps to that is still refused at times.
_SECONDS_PER_CALL = 10.0
_MOST = 250
_SHORTEST = timedelta(hours=1)
_BAD_ESCAPE = pattern(r'\\(?!["\\/bfnrtu])')


def open_gdelt(settings: GdeltSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Gdelt":
    """Return the source, ready to be asked; nothing is sent yet."""
    quota = (
        Quota(settings.rate_per_minute, 60.0) if settings.rate_per_minute is not None else Quota(1.0, _SECONDS_PER_CALL)
    )
    return Gdelt(open_client(NAME, settings, classify, (quota,), clock, transport=transport), settings, clock)


class Gdelt:
    """Articles that a search finds.

    Args:
        client: Asks, and rarely.
        settings: What is searched for.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: GdeltSettings, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock

    @property
    def name(self) -> str:
        """Return `gdelt`."""
        return NAME

    async def articles(self, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer:  # noqa: ARG002
        """Fetch the newest articles the search of the settings finds.

        Raises:
            ProviderError: Nothing usable came.
        """
        now = self._clock.now()
        query: dict[str, str | int] = {
            "query": self._settings.query,
            "mode": "artlist",
            "format": "json",
            "maxrecords": _MOST,
            "sort": "datedesc",
            "startdatetime": f"{min(since, now - _SHORTEST):%Y%m%d%H%M%S}",
            "enddatetime": f"{now:%Y%m%d%H%M%S}",
        }
        answer = await self._client.get("/doc/doc", query)
        with counting(answer.calls):
            return NewsAnswer(read_articles(answer), answer.calls)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success: prose is a refusal whatever its status."""
    text = words(answer)
    if "limit requests" in text.lower():
        return RateLimited(NAME, text)
    if answer.status == 200 and answer.body.lstrip()[:1] not in (b"{", b"[", b"<", b""):
        return Malformed(NAME, f"refused the search: {text}")
    if answer.status == 200 and answer.body.lstrip()[:1] == b"<":
        return Blocked(NAME, f"answered with a web page: {text}")
    return class_of_body(NAME, answer, _document) or class_of_status(NAME, answer.status, text)


def read_articles(answer: HttpAnswer) -> pl.DataFrame:
    """Return the told articles of an answer; nothing found is an object without a list.

    Raises:
        Malformed: The document holds something else under `articles`.
    """
    document = _document(answer)
    told = document.get("articles", []) if isinstance(document, Mapping) else None
    if not isinstance(told, list):
        raise Malformed(NAME, "the answer holds no list of articles")
    return told_articles(_row(each) for each in told if isinstance(each, Mapping))


def _document(answer: HttpAnswer) -> object:
    try:
        return answer.document
    except ValueError:
        document: object = loads(_BAD_ESCAPE.sub(r"\\\\", answer.body.decode("utf-8", "replace")), strict=False)
        return document


def _row(told: Mapping[str, object]) -> dict[str, object]:
    return {
        "provider": NAME,
        "url": str(told.get("url") or ""),
        "title": str(told.get("title") or ""),
        "summary": "",
        "publisher": str(told.get("domain") or ""),
        "symbols": [],
        "published_at": _instant(str(told.get("seendate") or "")),
    }


def _instant(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
