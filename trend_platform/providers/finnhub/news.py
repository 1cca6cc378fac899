"""Finnhub as a source of news: general news, coins, and each share's own. Key, address and errors are those of its prices."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.news import told_articles
from trend_platform.errors import Malformed
from trend_platform.providers.base import Quota
from trend_platform.providers.finnhub.classing import NAME, classify
from trend_platform.providers.http import HttpAnswer, HttpClient, Params
from trend_platform.providers.news_parts import Ask, Read, ask_in_parts
from trend_platform.providers.sources import NewsAnswer
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import FinnhubSettings

# Half of what the free plan allows in a minute: latest prices are asked with the same key.
_PER_MINUTE, _PER_SECOND = 30.0, 10.0
_SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})
_FIRST_SECOND, _LAST_SECOND = 0, 4_000_000_000


def open_finnhub_news(
    settings: FinnhubSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "FinnhubNews":
    """Return the source, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "FINNHUB_API_KEY")
    quotas = (Quota(settings.rate_per_minute or _PER_MINUTE, 60.0), Quota(_PER_SECOND, 1.0))
    secrets = {"X-Finnhub-Token": SecretStr(key)}
    return FinnhubNews(
        open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport), clock
    )


class FinnhubNews:
    """General news, and the news of companies by symbol.

    Args:
        client: The one that sends the key.
        clock: The time.
    """

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client, self._clock = client, clock

    @property
    def name(self) -> str:
        """Return `finnhub`."""
        return NAME

    async def articles(self, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer:
        """Fetch general news, those about coins if one is asked for, and the news of each share.

        Raises:
            ProviderError: Nothing usable came of any part.
        """
        parts: dict[str, tuple[Ask, Read]] = {"general": self._part("/news", {"category": "general"})}
        if any(one.asset_class is AssetClass.CRYPTO for one in instruments):
            parts["crypto"] = self._part("/news", {"category": "crypto"})
        days = {"from": since.date().isoformat(), "to": self._clock.now().date().isoformat()}
        for one in instruments:
            if one.asset_class in _SHARES:
                parts[one.symbol] = self._part("/company-news", {"symbol": one.symbol, **days}, one.symbol)
        return await ask_in_parts(parts)

    async def try_key(self) -> None:
        """Ask for general news; one call.

        Raises:
            ProviderError: The key was refused, or nothing usable came.
        """
        await self._client.get("/news", {"category": "general"})

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    def _part(self, path: str, params: Params, symbol: str = "") -> tuple[Ask, Read]:
        return partial(self._client.get, path, params), partial(read_news, symbol=symbol)


def read_news(answer: HttpAnswer, symbol: str = "") -> pl.DataFrame:
    """Return the told articles of an answer; those asked for by symbol are about it.

    Raises:
        Malformed: The body is no list of articles.
    """
    told = answer.document
    if not isinstance(told, list):
        raise Malformed(NAME, "the answer is no list of articles")
    return told_articles(_row(each, symbol) for each in told if isinstance(each, Mapping))


def _row(told: Mapping[str, object], symbol: str) -> dict[str, object]:
    seconds = told.get("datetime")
    is_time = isinstance(seconds, int) and _FIRST_SECOND < seconds < _LAST_SECOND
    return {
        "provider": NAME,
        "url": str(told.get("url") or ""),
        "title": str(told.get("headline") or ""),
        "summary": str(told.get("summary") or ""),
        "publisher": str(told.get("source") or ""),
        "symbols": [symbol] if symbol else [],
        "published_at": datetime.fromtimestamp(seconds, UTC) if is_time and isinstance(seconds, int) else None,
    }
