"""Yahoo's headline feeds as a source of news: one feed per symbol, so that each headline says what it is about."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import httpx
import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.news import told_articles
from trend_platform.providers.base import Quota
from trend_platform.providers.feeds import class_of_feed, read_feed
from trend_platform.providers.http import HttpAnswer, HttpClient
from trend_platform.providers.news_parts import Ask, Read, ask_in_parts
from trend_platform.providers.sources import NewsAnswer
from trend_platform.providers.spelling import dashed
from trend_platform.providers.wiring import open_client
from trend_platform.settings import YahooRssSettings

NAME = "yahoo_rss"
_PER_MINUTE = 60.0
_KINDS = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.CRYPTO, AssetClass.INDEX})
_GENERAL = "^GSPC"


def open_yahoo_rss(
    settings: YahooRssSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "YahooRss":
    """Return the source, ready to be asked; nothing is sent yet."""
    quotas = (Quota(settings.rate_per_minute or _PER_MINUTE, 60.0),)
    return YahooRss(open_client(NAME, settings, partial(class_of_feed, NAME), quotas, clock, transport=transport))


class YahooRss:
    """The last twenty or so headlines of each symbol.

    Args:
        client: Asks.
    """

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """Return `yahoo_rss`."""
        return NAME

    async def articles(self, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer:  # noqa: ARG002
        """Fetch the headlines of each instrument; without one, those of the S&P 500.

        Raises:
            ProviderError: Nothing usable came of any feed.
        """
        named = [one for one in instruments if one.asset_class in _KINDS]
        parts = {one.symbol: self._part(spelt(one), one.symbol) for one in named}
        return await ask_in_parts(parts or {"general": self._part(_GENERAL, "")})

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    def _part(self, spelling: str, symbol: str) -> tuple[Ask, Read]:
        query = {"s": spelling, "region": "US", "lang": "en-US"}
        return partial(self._client.get, "/headline", query), partial(read_headlines, symbol=symbol)


def spelt(instrument: Instrument) -> str:
    """Return how Yahoo spells an instrument: `BRK-B`, `BTC-USD`."""
    return instrument.symbol if instrument.asset_class is AssetClass.CRYPTO else dashed(instrument.symbol)


def read_headlines(answer: HttpAnswer, symbol: str) -> pl.DataFrame:
    """Return the told articles of a feed.

    Raises:
        Malformed: The body cannot be read as a feed.
    """
    return told_articles(
        {
            "provider": NAME,
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "publisher": urlsplit(entry.url).hostname or "",
            "symbols": [symbol] if symbol else [],
            "published_at": entry.published_at,
        }
        for entry in read_feed(NAME, answer.body)
    )
