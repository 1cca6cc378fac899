"""X's recent search as a source of posts: one attempt a call, because each post that comes back is charged.

Source: https://docs.x.com/x-api/posts/search/introduction. What may be spent is kept elsewhere; the price is told here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.posts import told_posts
from trend_platform.errors import AuthFailed, Malformed, NotEntitled, ProviderError, QuotaExhausted
from trend_platform.providers.base import Quota
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.feeds import read_instant
from trend_platform.providers.http import HttpAnswer, HttpClient
from trend_platform.providers.sources import PostAnswer, Price
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import key_of, open_client
from trend_platform.settings import XSettings

NAME = "x"
# 450 in 15 minutes are allowed to an app.
_QUOTA = Quota(400.0, 900.0)
_DEPTH = timedelta(days=7) - timedelta(minutes=5)


def open_x(settings: XSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "X":
    """Return the source, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no token.
    """
    key = key_of(settings)
    if key is None:
        raise AuthFailed(NAME, "there is no token: set TWITTER_BEARER_TOKEN to the one of your app")
    quotas = (Quota(settings.rate_per_minute, 60.0) if settings.rate_per_minute is not None else _QUOTA,)
    once = settings.model_copy(update={"max_attempts": 1})
    secrets = {"Authorization": SecretStr(f"Bearer {key}")}
    return X(open_client(NAME, once, classify, quotas, clock, secrets=secrets, transport=transport), settings, clock)


class X:
    """Posts of the last seven days that name a symbol.

    Args:
        client: The one that sends the token, once a call.
        settings: What may be spent, and how much is asked for.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: XSettings, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock

    @property
    def name(self) -> str:
        """Return `x`."""
        return NAME

    @property
    def price(self) -> Price:
        """Return what the settings say that a post costs, and what may be spent."""
        told = self._settings
        return Price(told.dollars_per_post, told.posts_per_symbol, told.daily_dollars, told.monthly_dollars)

    def topics(self, instruments: Sequence[Instrument]) -> Sequence[str]:
        """Return the symbols."""
        return [one.symbol for one in instruments if one.asset_class is not AssetClass.FOREX]

    async def posts(self, topic: str, since: datetime) -> PostAnswer:
        """Fetch English posts with the cashtag of a symbol, reposts left out, in one attempt.

        Raises:
            ProviderError: Nothing usable came.
        """
        start = max(since, self._clock.now() - _DEPTH)
        query: dict[str, str | int] = {
            "query": f"${topic.partition('-')[0]} lang:en -is:retweet",
            "max_results": self._settings.posts_per_symbol,
            "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "tweet.fields": "created_at,public_metrics,lang",
        }
        answer = await self._client.get("/tweets/search/recent", query)
        with counting(answer.calls):
            return PostAnswer(read_posts(answer.document, topic), answer.calls)

    async def try_key(self) -> None:
        """Ask what the app has used: one call that returns no post, and so costs nothing.

        Source: https://docs.x.com/x-api/usage/introduction.

        Raises:
            ProviderError: The token was refused, or nothing usable came.
        """
        await self._client.get("/usage/tweets", {})

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def classify(answer: HttpAnswer) -> ProviderError | None:
    """Return what is wrong with an answer, `None` if it is a success; problems come as RFC 9457 documents."""
    unreadable = class_of_body(NAME, answer)
    if unreadable is not None:
        return unreadable
    document = answer.document
    told = document if isinstance(document, Mapping) else {}
    kind, said = str(told.get("type") or ""), str(told.get("detail") or told.get("title") or words(answer))[:200]
    if kind.endswith("usage-capped") or answer.status == 402:
        return QuotaExhausted(NAME, said)
    if answer.status == 401:
        return AuthFailed(NAME, f"{said}; check TWITTER_BEARER_TOKEN")
    if kind.endswith("client-forbidden"):
        return NotEntitled(NAME, said)
    return class_of_status(NAME, answer.status, said)


def read_posts(document: object, symbol: str) -> pl.DataFrame:
    """Return the told posts of an answer; without any, there is no list.

    Raises:
        Malformed: The document is no object, or holds something else than a list.
    """
    told = document.get("data", []) if isinstance(document, Mapping) else None
    if not isinstance(told, list):
        raise Malformed(NAME, "the answer holds no list of posts")
    return told_posts(_row(each, symbol) for each in told if isinstance(each, Mapping))


def _row(told: Mapping[str, object], symbol: str) -> dict[str, object]:
    metrics = told.get("public_metrics")
    counts = metrics if isinstance(metrics, Mapping) else {}
    return {
        "provider": NAME,
        "post_id": str(told.get("id") or ""),
        "url": f"https://x.com/i/status/{told.get('id')}",
        "text": str(told.get("text") or ""),
        "symbols": [symbol],
        "stance": None,
        "likes": counts.get("like_count"),
        "replies": counts.get("reply_count"),
        "posted_at": read_instant(str(told.get("created_at") or "")),
    }
