"""Reddit's Atom feeds as a source of posts: the newest of each subreddit, which name their symbols in the text alone.

Anonymous JSON is refused since May 2026, feeds are not; new API apps need an approval.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import httpx
import polars as pl

from trend_platform import __version__
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.posts import told_posts
from trend_platform.providers.base import Quota
from trend_platform.providers.feeds import class_of_feed, read_feed
from trend_platform.providers.http import HttpClient
from trend_platform.providers.sources import PostAnswer
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import open_client
from trend_platform.settings import RedditRssSettings

NAME = "reddit_rss"
_QUOTA = Quota(1.0, 6.0)


def open_reddit_rss(
    settings: RedditRssSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "RedditRss":
    """Return the source, ready to be asked; nothing is sent yet."""
    quotas = (Quota(settings.rate_per_minute, 60.0) if settings.rate_per_minute is not None else _QUOTA,)
    headers = {"User-Agent": f"trend-platform/{__version__}"}  # a name of one's own is asked for
    classify = partial(class_of_feed, NAME)
    return RedditRss(
        open_client(NAME, settings, classify, quotas, clock, headers=headers, transport=transport), settings
    )


class RedditRss:
    """The newest posts of the subreddits in the settings.

    Args:
        client: Asks.
        settings: Which subreddits.
    """

    def __init__(self, client: HttpClient, settings: RedditRssSettings) -> None:
        self._client, self._settings = client, settings

    @property
    def name(self) -> str:
        """Return `reddit_rss`."""
        return NAME

    @property
    def price(self) -> None:
        """Return that it costs nothing."""
        return

    def topics(self, instruments: Sequence[Instrument]) -> Sequence[str]:  # noqa: ARG002
        """Return the subreddits."""
        return list(self._settings.subreddits)

    async def posts(self, topic: str, since: datetime) -> PostAnswer:  # noqa: ARG002
        """Fetch the newest posts of a subreddit.

        Raises:
            ProviderError: Nothing usable came.
        """
        answer = await self._client.get(f"/r/{topic}/new/.rss")
        with counting(answer.calls):
            return PostAnswer(read_entries(answer.body), answer.calls)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def read_entries(body: bytes) -> pl.DataFrame:
    """Return the told posts of a feed.

    Raises:
        Malformed: The body cannot be read as a feed.
    """
    return told_posts(
        {
            "provider": NAME,
            "post_id": entry.entry_id,
            "url": entry.url,
            "text": f"{entry.title}\n{entry.summary}".strip(),
            "symbols": [],
            "stance": None,
            "likes": None,
            "replies": None,
            "posted_at": entry.published_at,
        }
        for entry in read_feed(NAME, body)
    )
