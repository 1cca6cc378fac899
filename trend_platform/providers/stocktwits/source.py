"""Stocktwits' symbol streams as a source of posts: the last thirty of each symbol. Coins are spelt `BTC.X`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx
import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.posts import Stance, told_posts
from trend_platform.errors import Malformed, NothingThere, ProviderError
from trend_platform.providers.base import Quota
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.feeds import plain, read_instant
from trend_platform.providers.http import HttpAnswer, HttpClient
from trend_platform.providers.sources import PostAnswer
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import open_client
from trend_platform.settings import StocktwitsSettings

NAME = "stocktwits"
# About 200 an hour are allowed to an address.
_QUOTA = Quota(180.0, 3600.0)
_KINDS = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.CRYPTO})


def open_stocktwits(
    settings: StocktwitsSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "Stocktwits":
    """Return the source, ready to be asked; nothing is sent yet."""
    quotas = (Quota(settings.rate_per_minute, 60.0) if settings.rate_per_minute is not None else _QUOTA,)
    return Stocktwits(open_client(NAME, settings, classify, quotas, clock, transport=transport))


class Stocktwits:
    """The newest posts of each symbol.

    Args:
        client: Asks.
    """

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """Return `stocktwits`."""
        return NAME

    @property
    def price(self) -> None:
        """Return that it costs nothing."""
        return

    def topics(self, instruments: Sequence[Instrument]) -> Sequence[str]:
        """Return the symbols."""
        return [one.symbol for one in instruments if one.asset_class in _KINDS]

    async def posts(self, topic: str, since: datetime) -> PostAnswer:  # noqa: ARG002
        """Fetch the newest posts of a symbol.

        Raises:
            ProviderError: Nothing usable came.
        """
        base, dash, _ = topic.partition("-")
        answer = await self._client.get(f"/streams/symbol/{base}.X.json" if dash else f"/streams/symbol/{topic}.json")
        with counting(answer.calls):
            return PostAnswer(read_messages(answer.document, topic), answer.calls)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success: the status stands in the body as well."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    told = document.get("response") if isinstance(document, Mapping) else None
    status = told.get("status") if isinstance(told, Mapping) else None
    if answer.status == 404 or status == 404:
        return NothingThere(NAME, "it knows no such symbol")
    return class_of_status(NAME, status if isinstance(status, int) else answer.status, words(answer))


def read_messages(document: object, symbol: str) -> pl.DataFrame:
    """Return the told posts of an answer.

    Raises:
        Malformed: The document holds no list of messages.
    """
    told = document.get("messages") if isinstance(document, Mapping) else None
    if not isinstance(told, list):
        raise Malformed(NAME, "the answer holds no list of messages")
    return told_posts(_row(each, symbol) for each in told if isinstance(each, Mapping))


def _row(told: Mapping[str, object], symbol: str) -> dict[str, object]:
    return {
        "provider": NAME,
        "post_id": str(told.get("id") or ""),
        "url": f"https://stocktwits.com/message/{told.get('id')}",
        "text": plain(str(told.get("body") or "")),
        "symbols": [symbol],
        "stance": _stance(told.get("entities")),
        "likes": _count(told.get("likes"), "total"),
        "replies": _count(told.get("conversation"), "replies"),
        "posted_at": read_instant(str(told.get("created_at") or "")),
    }


def _stance(entities: object) -> str | None:
    sentiment = entities.get("sentiment") if isinstance(entities, Mapping) else None
    word = str(sentiment.get("basic") or "").lower() if isinstance(sentiment, Mapping) else ""
    return word if word in set(Stance) else None


def _count(told: object, name: str) -> int | None:
    count = told.get(name) if isinstance(told, Mapping) else None
    return count if isinstance(count, int) else None
