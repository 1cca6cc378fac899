"""NewsAPI as a source of news: one search a run, its newest hundred articles."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.news import told_articles
from trend_platform.errors import Malformed
from trend_platform.providers.base import Quota
from trend_platform.providers.feeds import read_instant
from trend_platform.providers.http import HttpClient
from trend_platform.providers.newsapi.classing import NAME, classify
from trend_platform.providers.sources import NewsAnswer
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import NewsApiSettings

# 100 calls a day on the free plan; what one process may spend of them, since others ask as well.
_PER_DAY, _PER_MINUTE = 90.0, 30.0
# The free plan tells articles a day late: asking for the last half hour would never show one.
_LATE = timedelta(hours=26)
_REMOVED = "[Removed]"


def open_newsapi(
    settings: NewsApiSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "NewsApi":
    """Return the source, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "NEWS_API_KEY")
    quotas = (Quota(_PER_DAY, 86_400.0), Quota(settings.rate_per_minute or _PER_MINUTE, 60.0))
    secrets = {"X-Api-Key": SecretStr(key)}
    client = open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport)
    return NewsApi(client, settings, clock)


class NewsApi:
    """Articles that a search finds, whoever published them.

    Args:
        client: The one that sends the key.
        settings: What is searched for.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: NewsApiSettings, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock

    @property
    def name(self) -> str:
        """Return `newsapi`."""
        return NAME

    async def articles(self, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer:  # noqa: ARG002
        """Fetch the newest articles the search of the settings finds.

        Raises:
            ProviderError: Nothing usable came.
        """
        start = min(since, self._clock.now() - _LATE)
        query: dict[str, str | int] = {
            "q": self._settings.query,
            "language": self._settings.language,
            "from": f"{start:%Y-%m-%dT%H:%M:%S}",
            "sortBy": "publishedAt",
            "pageSize": 100,
        }
        answer = await self._client.get("/everything", query)
        with counting(answer.calls):
            return NewsAnswer(read_articles(answer.document), answer.calls)

    async def try_key(self) -> None:
        """Ask for one headline; one call.

        Raises:
            ProviderError: The key was refused, or nothing usable came.
        """
        await self._client.get("/top-headlines", {"category": "business", "pageSize": 1})

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def read_articles(document: object) -> pl.DataFrame:
    """Return the told articles of an answer; those that a publisher took back are left out.

    Raises:
        Malformed: The document holds no list of articles.
    """
    told = document.get("articles") if isinstance(document, Mapping) else None
    if not isinstance(told, list):
        raise Malformed(NAME, "the answer holds no list of articles")
    return told_articles(
        _row(each) for each in told if isinstance(each, Mapping) and each.get("title") not in {_REMOVED, None}
    )


def _row(told: Mapping[str, object]) -> dict[str, object]:
    source = told.get("source")
    return {
        "provider": NAME,
        "url": str(told.get("url") or ""),
        "title": str(told.get("title") or ""),
        "summary": str(told.get("description") or ""),
        "publisher": str(source.get("name") or "") if isinstance(source, Mapping) else "",
        "symbols": [],
        "published_at": read_instant(str(told.get("publishedAt") or "")),
    }
